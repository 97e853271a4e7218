"use strict";
// Sends feedback without leaving the page; without scripts the same forms open a page of thanks.

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form.verdict");
  if (!form) return;
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
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
  button.disabled = false;
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
  form.classList.toggle("given", noted);
});
