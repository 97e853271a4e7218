"use strict";
// Sends feedback without leaving the page; without scripts the same forms open a page of thanks.

const FEEDBACK_PATIENCE_MS = 60_000;

// A button that is disabled would lose the focus; one that says so keeps it.
function disable(button, disabled) {
  button.setAttribute("aria-disabled", String(disabled));
}

// Of a turn's verdicts one stands at most: it can't be given again, and another takes its place.
function mark(forms, standing) {
  for (const form of forms) {
    const button = form.querySelector("button");
    disable(button, form === standing);
    button.setAttribute("aria-pressed", String(form === standing));
    form.classList.toggle("given", form === standing);
  }
}

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form.verdict");
  if (!form) return;
  event.preventDefault();
  const button = form.querySelector("button");
  if (button.getAttribute("aria-disabled") === "true") return;
  const forms = [...form.parentElement.querySelectorAll(":scope > form.verdict")];
  const standing = forms.find((other) => other.classList.contains("given"));
  // Verdicts sent side by side could arrive in either order.
  for (const other of forms) disable(other.querySelector("button"), true);
  // It stands in the page from the beginning: what a new one is made with is not announced.
  const note = form.parentElement.querySelector(":scope > .noted");
  note.classList.remove("problem");
  note.textContent = "Sending…";
  let said = "Thank you, noted.";
  let noted = false;
  try {
    const response = await fetch("/feedback", {
      method: "POST",
      headers: { Accept: "application/problem+json" },
      body: new URLSearchParams(new FormData(form)),
      signal: AbortSignal.timeout(FEEDBACK_PATIENCE_MS),
    });
    const type = response.headers.get("Content-Type") || "";
    if (response.status === 300) {
      // The words stand in several places: the page that lists them asks which is meant.
      disable(button, false);
      form.submit();
      return;
    }
    if (response.ok) {
      noted = true;
    } else if (response.status === 429) {
      said = "Too much at once. Try again in a moment.";
    } else {
      const body = type.includes("json") ? await response.json() : {};
      said = body.detail || "That could not be stored.";
    }
  } catch (error) {
    const late = error.name === "TimeoutError";
    said = late ? "The server took too long. Try again." : "The server can't be reached. Try again.";
  }
  // The document page's form is about no turn, and may be sent again with other words only.
  if (form.elements.turn) mark(forms, noted ? form : standing);
  else disable(button, noted);
  note.classList.toggle("problem", !noted);
  note.textContent = said;
  if (noted && form.dataset.more) {
    const more = document.createElement("a");
    more.href = form.dataset.more;
    more.textContent = "Point to the right answer";
    note.append(" ", more);
  }
});

document.addEventListener("input", (event) => {
  const form = event.target.closest("form.verdict");
  const button = form?.querySelector('button[aria-disabled="true"]');
  if (!button || form.elements.turn) return;
  disable(button, false);
  form.parentElement.querySelector(":scope > .noted").textContent = "";
});
