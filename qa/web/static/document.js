"use strict";

const text = document.getElementById("text");
const form = document.getElementById("place");
const words = document.getElementById("words");
const cited = document.getElementById("cited");

// Without scripts the address's #cited does the same.
if (cited) {
  cited.scrollIntoView({ block: "center" });
  cited.focus({ preventScroll: true });
}

// The service counts code points, ranges UTF-16 units: a range before the selection is
// turned into its text, and that text's code points are counted.
function codePoints(string) {
  let count = 0;
  for (const _ of string) count += 1;
  return count;
}

function selected() {
  const selection = document.getSelection();
  if (!selection || selection.isCollapsed || selection.rangeCount === 0) return null;
  const range = selection.getRangeAt(0);
  if (!text.contains(range.startContainer) || !text.contains(range.endContainer)) return null;
  const before = document.createRange();
  before.setStart(text, 0);
  before.setEnd(range.startContainer, range.startOffset);
  const chosen = range.toString();
  if (!chosen.trim()) return null;
  const start = Number(text.dataset.begins) + codePoints(before.toString());
  return { chosen, start, end: start + codePoints(chosen) };
}

document.addEventListener("selectionchange", () => {
  const place = selected();
  form.classList.toggle("chosen", place !== null);
  if (!place) return;
  words.value = place.chosen;
  form.elements.start.value = place.start;
  form.elements.end.value = place.end;
});
// Words typed by hand are looked for in the text by the server.
words.addEventListener("input", () => {
  form.elements.start.value = "";
  form.elements.end.value = "";
});
