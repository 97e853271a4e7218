"use strict";

const text = document.getElementById("text");
const form = document.getElementById("place");
const words = document.getElementById("words");
const cited = document.getElementById("cited");

document.getElementById("select").hidden = false;

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

// The part of the selection that lies in the text: one of whole paragraphs ends beyond it.
function inText(range) {
  const whole = document.createRange();
  whole.selectNodeContents(text);
  const part = range.cloneRange();
  if (part.compareBoundaryPoints(Range.START_TO_START, whole) < 0) {
    part.setStart(whole.startContainer, whole.startOffset);
  }
  if (part.compareBoundaryPoints(Range.END_TO_END, whole) > 0) {
    part.setEnd(whole.endContainer, whole.endOffset);
  }
  return part;
}

function selected(selection) {
  if (selection.isCollapsed || !selection.getRangeAt(0).intersectsNode(text)) return null;
  const range = inText(selection.getRangeAt(0));
  const before = document.createRange();
  before.setStart(text, 0);
  before.setEnd(range.startContainer, range.startOffset);
  const chosen = range.toString();
  if (!chosen.trim()) return null;
  const start = Number(text.dataset.begins) + codePoints(before.toString());
  return { chosen, start, end: start + codePoints(chosen) };
}

document.addEventListener("selectionchange", () => {
  const selection = document.getSelection();
  if (!selection || selection.rangeCount === 0) return;
  const place = selected(selection);
  form.classList.toggle("chosen", place !== null);
  // A click elsewhere, as into the question's field, only ends the selection.
  if (!place && selection.isCollapsed && !text.contains(selection.anchorNode)) return;
  // Words typed by hand stay.
  if (!place && !form.elements.start.value) return;
  const chosen = place ? place.chosen.trim() : "";
  const start = place ? String(place.start) : "";
  if (words.value === chosen && form.elements.start.value === start) return;
  // As if they had been typed: they may be sent though others were before.
  words.dispatchEvent(new Event("input", { bubbles: true }));
  words.value = chosen;
  form.elements.start.value = start;
  form.elements.end.value = place ? place.end : "";
});
// Words typed by hand are looked for in the text by the server.
words.addEventListener("input", () => {
  form.elements.start.value = "";
  form.elements.end.value = "";
});
