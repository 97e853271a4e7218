"use strict";

// Text from documents and questions only ever becomes text nodes.
const REASONS = {
  no_passages: "There is nothing in the documents to search.",
  no_span: "No passage holds anything that could be an answer.",
  low_confidence: "The documents don't seem to say. These passages come nearest:",
};
const form = document.getElementById("ask");
const field = document.getElementById("q");
const button = form.querySelector("button");
const status = document.getElementById("status");
const conversation = document.getElementById("conversation");

function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

function said(name, className, ...children) {
  const made = element(name, className, ...children);
  made.dir = "auto";
  return made;
}

// The API counts code points, JavaScript strings UTF-16 units.
function slice(text, start, end) {
  return Array.from(text).slice(start, end).join("");
}

function quote(sentence, citation) {
  const left = citation.start - sentence.start;
  const right = citation.end - sentence.start;
  const before = slice(sentence.text, 0, left);
  const after = slice(sentence.text, right);
  if (!before.trim() && !after.trim()) return [];
  const marked = element("mark", "", slice(sentence.text, left, right));
  return [said("blockquote", "", before, marked, after)];
}

function link(href, text) {
  const made = said("a", "", text);
  made.href = href;
  return element("li", "", made);
}

function answerBox(answer) {
  const citations = element("ul", "citations");
  citations.setAttribute("aria-label", "Citations");
  for (const c of answer.citations) {
    const section = c.section && c.section !== c.title ? `, ${c.section}` : "";
    citations.append(link(c.href, `[${c.number}] ${c.title}${section}`));
  }
  return element(
    "div",
    "answer",
    said("p", "short", answer.text),
    ...quote(answer.sentence, answer.citations[0]),
    element("p", "confidence", `${Math.round(answer.confidence * 100)} % likely right`),
    citations,
  );
}

function turn(reply) {
  const made = element("article", "turn", said("h2", "question", reply.question));
  if (reply.answered) {
    made.append(...reply.answers.map(answerBox));
    return made;
  }
  const passages = element("ul", "passages");
  passages.setAttribute("aria-label", "Nearest passages");
  for (const p of reply.passages.slice(0, 3)) {
    const href = `/documents/${encodeURIComponent(p.document)}?start=${p.start}&end=${p.end}`;
    const short = slice(p.text, 0, 240);
    passages.append(link(href, short === p.text ? short : `${short}…`));
  }
  made.append(element("p", "abstention", REASONS[reply.reason]), passages);
  return made;
}

async function ask(question) {
  const response = await fetch("/api/ask", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ question }),
  });
  const body = await response.json();
  if (!response.ok) throw new Error(body.detail || `The server answered ${response.status}.`);
  return body;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const question = field.value;
  if (!question.trim()) return;
  button.disabled = true;
  status.className = "";
  status.textContent = "Reading the documents…";
  try {
    const made = turn(await ask(question));
    conversation.append(made);
    field.value = "";
    status.textContent = "";
    made.scrollIntoView({ block: "nearest" });
  } catch (error) {
    // What was typed stays in the field, so that it can be sent again.
    status.className = "problem";
    status.textContent =
      error instanceof TypeError ? "The server can't be reached. Try again." : error.message;
  } finally {
    button.disabled = false;
    field.focus();
  }
});
