"use strict";
// The server renders every turn, with or without scripts; this asks without leaving the page.
// Earlier turns travel as hidden fields of the turns themselves.

const form = document.getElementById("ask");
const field = document.getElementById("q");
const button = form.querySelector("button");
// Firefox keeps it as it was when the page was left.
button.disabled = false;
const status = document.getElementById("status");
const announced = document.getElementById("announced");
const conversation = document.getElementById("conversation");
const PATIENCE_MS = 60_000;

function say(text, problem = false) {
  status.className = problem ? "problem" : "";
  status.textContent = text;
}

function pending(question) {
  const turn = document.createElement("article");
  turn.className = "turn pending";
  const heading = document.createElement("h2");
  heading.className = "question";
  heading.dir = "auto";
  heading.textContent = question;
  const bar = document.createElement("p");
  bar.className = "reading-bar";
  turn.append(heading, bar);
  return turn;
}

async function problemOf(response) {
  const wait = response.headers.get("Retry-After");
  if (response.status === 429) {
    return `Too many questions at once. Try again in ${wait || "a few"} seconds.`;
  }
  const body = await response.json().catch(() => ({}));
  if (body.errors) return `The question ${body.errors[0].message}.`;
  return body.detail || `The server answered with an error (${response.status}). Try again.`;
}

async function fetchTurn(fields) {
  let response;
  let text;
  try {
    response = await fetch("/turn", {
      method: "POST",
      headers: { Accept: "application/problem+json" },
      body: fields,
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    text = response.ok ? await response.text() : "";
  } catch (error) {
    if (error.name === "TimeoutError") throw new Error("The server took too long. Try again.");
    throw new Error(
      navigator.onLine
        ? "The server can't be reached. Try again."
        : "You are offline. Try again when you are connected.",
    );
  }
  if (!response.ok) throw new Error(await problemOf(response));
  // Parsed apart from the page: nothing in it runs, and all text in it is escaped.
  const turn = new DOMParser().parseFromString(text, "text/html").querySelector(".turn");
  if (!turn) throw new Error("The server's answer can't be read. Try again.");
  return document.adoptNode(turn);
}

function finish(turn) {
  turn.querySelectorAll(".copy").forEach((copy) => (copy.hidden = false));
}

// Whether the reader is still where questions are asked, and not on the way through the page.
function attends() {
  return [null, document.body, field, button].includes(document.activeElement);
}

async function ask() {
  const question = field.value;
  if (!question.trim() || button.disabled) return;
  const fields = new URLSearchParams(new FormData(form));
  const waiting = pending(question);
  document.body.classList.add("talking");
  conversation.append(waiting);
  waiting.scrollIntoView({ block: "end" });
  button.disabled = true;
  field.value = "";
  // Who loads the page again meanwhile gets the answer, as without scripts.
  const before = location.href;
  history.replaceState(null, "", `/?${fields}`);
  say("Reading the documents…");
  // The same words again would not be announced.
  announced.textContent = "";
  try {
    const turn = await fetchTurn(fields);
    waiting.replaceWith(turn);
    finish(turn);
    history.replaceState(null, "", turn.dataset.here);
    document.title = turn.dataset.title;
    field.placeholder = "Ask a follow-up";
    say("");
    announced.textContent = turn.dataset.announced;
    if (attends()) turn.scrollIntoView({ block: "start" });
  } catch (error) {
    waiting.remove();
    history.replaceState(null, "", before);
    document.body.classList.toggle("talking", conversation.querySelector(".turn") !== null);
    // What was typed comes back, before anything typed meanwhile.
    field.value = field.value ? `${question}\n${field.value}` : question;
    say(error.message, true);
  } finally {
    button.disabled = false;
    if (attends()) field.focus({ preventScroll: true });
  }
}

async function copy(button) {
  const text = `${button.dataset.copy}\n${location.origin}${button.dataset.href}`;
  try {
    await navigator.clipboard.writeText(text);
    say("Copied with its citation.");
  } catch {
    // Clipboards are closed to pages that came without https.
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    button.focus();
    say(copied ? "Copied with its citation." : "The browser did not allow copying.", !copied);
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  ask();
});
field.addEventListener("keydown", (event) => {
  // Safari ends a composition before the key that confirms it; that one has the code 229.
  const composing = event.isComposing || event.keyCode === 229;
  if (event.key !== "Enter" || event.shiftKey || composing) return;
  event.preventDefault();
  ask();
});
document.addEventListener("click", (event) => {
  const example = event.target.closest(".examples a");
  if (example && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    field.value = example.textContent;
    ask();
  }
  const wanted = event.target.closest(".copy");
  if (wanted) copy(wanted);
});
window.addEventListener("offline", () => say("You are offline.", true));
window.addEventListener("online", () => say("You are connected again."));
document.querySelector(".keys").hidden = false;
conversation.querySelectorAll(".turn").forEach(finish);
const last = conversation.querySelector(".turn:last-of-type:not(:first-of-type)");
if (last) last.scrollIntoView({ block: "start" });
