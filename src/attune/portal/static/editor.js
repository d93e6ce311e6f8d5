/* A text that is checked while somebody writes it. */
import { answer, csrf, toast } from "./app.js";

const LARGEST = 1024 * 1024;
const form = document.querySelector("[data-editor]");
const text = form.querySelector("#text");
const sample = form.querySelector("#sample");
const shown = form.querySelector("[data-checked]");
let timer = null;
let asked = 0;

async function check() {
  const mine = (asked += 1);
  try {
    const content = await answer(await fetch(form.dataset.editor, {
      method: "POST",
      headers: { "X-CSRF-Token": csrf, "HX-Request": "true", "Content-Type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ text: text.value, sample: sample?.value ?? "" }),
    }));
    if (mine === asked) shown.innerHTML = content;
  } catch (error) {
    if (mine === asked) toast(error.message, "error");
  }
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(check, 400);
}

text.addEventListener("input", soon);
sample?.addEventListener("input", soon);
if (text.value.trim()) check();

/* Tab is a letter of these files; Escape, then Tab, leaves the field as everywhere else. */
let leaving = false;
text.addEventListener("keydown", (event) => {
  if (event.key === "Escape") leaving = true;
  else if (event.key === "Tab" && !event.shiftKey && !leaving) {
    event.preventDefault();
    text.setRangeText("\t", text.selectionStart, text.selectionEnd, "end");
    soon();
  } else if (event.key !== "Tab") leaving = false;
});

form.querySelector("[data-example]").addEventListener("click", () => {
  const example = form.querySelector("[data-example-text]").content.textContent;
  text.value = text.value.trim() ? `${text.value.trimEnd()}\n${example}` : example;
  text.focus();
  check();
});

form.querySelector("[data-load]").addEventListener("change", async (event) => {
  const [file] = event.target.files;
  event.target.value = "";
  if (!file) return;
  if (file.size > LARGEST) {
    toast("This file is larger than 1 MB. Upload it with the API or the command line, and read its report.", "error");
    return;
  }
  text.value = await file.text();
  const name = form.querySelector("#name");
  if (!name.value) name.value = file.name.replace(/\.[^.]+$/, "");
  check();
});

shown.addEventListener("click", (event) => {
  const link = event.target.closest("[data-line]");
  if (!link) return;
  const lines = text.value.split("\n");
  const line = Number(link.dataset.line) - 1;
  const start = lines.slice(0, line).reduce((sum, each) => sum + each.length + 1, 0);
  text.focus();
  text.setSelectionRange(start, start + (lines[line]?.length ?? 0));
  text.scrollTop = Math.max(0, (line / lines.length) * text.scrollHeight - text.clientHeight / 2);
});
