"use strict";
// Sends feedback without leaving the page; without scripts the same forms open a page of thanks.

// Firefox keeps buttons as they were when the page was left.
document.querySelectorAll("form.verdict button").forEach((button) => (button.disabled = false));

// Of a turn's verdicts one stands at most: it can't be given again, and another takes its place.
function mark(forms, standing) {
  for (const form of forms) {
    const button = form.querySelector("button");
    button.disabled = form === standing;
    button.setAttribute("aria-pressed", String(form === standing));
    form.classList.toggle("given", form === standing);
  }
}

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form.verdict");
  if (!form) return;
  event.preventDefault();
  const button = form.querySelector("button");
  const forms = [...form.parentElement.querySelectorAll(":scope > form.verdict")];
  const standing = forms.find((other) => other.classList.contains("given"));
  // Verdicts sent side by side could arrive in either order.
  for (const other of forms) other.querySelector("button").disabled = true;
  let said = "Thank you, noted.";
  let noted = false;
  try {
    const response = await fetch("/feedback", {
      method: "POST",
      headers: { Accept: "application/problem+json" },
      body: new URLSearchParams(new FormData(form)),
    });
    const type = response.headers.get("Content-Type") || "";
    if (response.status === 300) {
      // The words stand in several places: the page that lists them asks which is meant.
      button.disabled = false;
      form.submit();
      return;
    }
    if (response.ok) {
      noted = true;
    } else if (response.status === 429) {
      said = "Too much at once. Try again in a moment.";
    } else {
      said = type.includes("json") ? (await response.json()).detail : "That could not be stored.";
    }
  } catch {
    said = "The server can't be reached. Try again.";
  }
  // The document page's form is about no turn, and may be sent again with other words.
  if (form.elements.turn) mark(forms, noted ? form : standing);
  else button.disabled = false;
  let note = form.parentElement.querySelector(":scope > .noted");
  if (!note) {
    note = document.createElement("p");
    note.className = "noted";
    note.setAttribute("role", "status");
    form.parentElement.append(note);
  }
  note.classList.toggle("problem", !noted);
  note.textContent = said;
  if (noted && form.dataset.more) {
    const more = document.createElement("a");
    more.href = form.dataset.more;
    more.textContent = "Point to the right answer";
    note.append(" ", more);
  }
});
