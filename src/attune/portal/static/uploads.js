/* Files dropped or chosen: sent in pieces, gone on with after a cut, then made a data set. */
import { answer, csrf, icon, toast } from "./app.js";

const PIECE = 4 * 1024 * 1024;
const PATIENCE = 10;

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function sized(bytes) {
  for (const unit of ["bytes", "KB", "MB"]) {
    if (bytes < 1000) return `${unit === "bytes" || bytes >= 10 ? Math.round(bytes) : bytes.toFixed(1)} ${unit}`;
    bytes /= 1000;
  }
  return `${bytes.toFixed(1)} GB`;
}

/* The same file again goes on with the upload that it had begun. */
const memory = (place, file) => `attune ${place} ${file.name} ${file.size} ${file.lastModified}`;

async function standing(place, file) {
  const known = localStorage.getItem(memory(place, file));
  if (known) {
    const response = await fetch(`${place}/${known}`);
    if (response.ok) return response.json();
    localStorage.removeItem(memory(place, file));
  }
  const begun = await answer(await fetch(place, {
    method: "POST",
    headers: { "X-CSRF-Token": csrf, "Content-Type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ name: file.name, size: file.size }),
  }));
  localStorage.setItem(memory(place, file), begun.id);
  return begun;
}

/* All of a file, from where the server has it; tells how far it is. Returns the upload's id. */
export async function upload(place, file, tell, stop) {
  let stand = await standing(place, file);
  let failures = 0;
  while (!stand.complete) {
    tell(stand.received);
    try {
      const response = await fetch(`${place}/${stand.id}?place=${stand.received}`, {
        method: "POST",
        headers: { "X-CSRF-Token": csrf, "Content-Type": "application/octet-stream" },
        body: file.slice(stand.received, stand.received + PIECE),
        signal: stop,
      });
      if (response.status === 409) {
        stand = await answer(await fetch(`${place}/${stand.id}`));
        failures += 1;
        if (failures > PATIENCE) throw new Error("Another window sends this file, too.");
        continue;
      }
      if (response.status >= 500 || response.status === 429) throw new TypeError("not now");
      stand = await answer(response);
      failures = 0;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      failures += 1;
      if (failures > PATIENCE) throw new Error("The connection is gone. Drop the file again to go on where it stood.");
      tell(stand.received, true);
      await pause(Math.min(8000, 500 * 2 ** failures));
    }
  }
  tell(file.size);
  localStorage.removeItem(memory(place, file));
  return stand.id;
}

function line(file) {
  const box = document.createElement("div");
  box.className = "file-line";
  const first = document.createElement("div");
  first.className = "row apart";
  const name = document.createElement("b");
  name.textContent = file.name;
  const state = document.createElement("span");
  state.className = "small soft";
  const cancel = document.createElement("button");
  cancel.type = "button";
  cancel.className = "icon-button";
  cancel.setAttribute("aria-label", `Stop the upload of ${file.name}`);
  cancel.append(icon("close"));
  const end = document.createElement("div");
  end.className = "row";
  end.append(state, cancel);
  first.append(name, end);
  const bar = document.createElement("progress");
  bar.max = file.size;
  bar.value = 0;
  bar.setAttribute("aria-label", `Upload of ${file.name}`);
  box.append(first, bar);
  const began = performance.now();
  let from = null;
  return {
    box,
    cancel,
    tell(received, waiting = false) {
      bar.value = received;
      from ??= received;
      const rate = (received - from) / ((performance.now() - began) / 1000);
      const left = rate > 0 ? ` · ${Math.max(1, Math.round((file.size - received) / rate))} s left` : "";
      state.textContent = waiting
        ? "Connection lost, trying again"
        : received >= file.size ? "Sent" : `${sized(received)} of ${sized(file.size)}${left}`;
    },
    fail(message) {
      bar.remove();
      state.textContent = "";
      const notice = document.createElement("div");
      notice.className = "notice error";
      notice.setAttribute("role", "alert");
      const text = document.createElement("div");
      text.textContent = message;
      notice.append(icon("error"), text);
      box.append(notice);
    },
  };
}

async function bring(form, files) {
  const chosen = [...files];
  const zip = chosen.find((file) => /\.zip$/i.test(file.name));
  const table = chosen.find((file) => /\.(txt|tsv)$/i.test(file.name));
  if (!zip) {
    toast("Recordings come as one .zip; add the transcript file beside it if it is not inside.", "error");
    return;
  }
  const lines = form.parentElement.querySelector("[data-upload-lines]");
  const place = form.dataset.uploads;
  const sent = {};
  for (const [field, file] of [["upload", zip], ["transcript_upload", table]]) {
    if (!file) continue;
    const shown = line(file);
    lines.append(shown.box);
    const stopping = new AbortController();
    shown.cancel.addEventListener("click", () => { stopping.abort(); shown.box.remove(); });
    try {
      sent[field] = await upload(place, file, shown.tell, stopping.signal);
    } catch (error) {
      if (error.name !== "AbortError") shown.fail(error.message);
      return;
    }
    shown.cancel.remove();
  }
  ask(form, lines, zip, sent);
}

/* What it is and what it shall be called: known by then, or asked in place. */
function ask(form, lines, zip, sent) {
  const series = form.dataset.series;
  const box = document.createElement("form");
  box.className = "card body stack";
  box.setAttribute("hx-post", form.getAttribute("action"));
  const name = zip.name.replace(/\.zip$/i, "");
  box.innerHTML = `
    <div class="form-error" aria-live="assertive"></div>
    <div class="field" data-new><label for="set-name">Name of the data set</label><input id="set-name" name="name" type="text" maxlength="200" required></div>
    <fieldset class="stack tight" data-new><legend>What is in it?</legend><div class="choices">
      <label class="choice"><input type="radio" name="kind" value="Acoustic" checked><span><b>Recordings with transcripts</b><span class="hint">To test models and to learn from</span></span></label>
      <label class="choice"><input type="radio" name="kind" value="Audio"><span><b>Recordings alone</b><span class="hint">To compare models by ear</span></span></label>
    </div></fieldset>
    <div class="row"><button class="button primary" type="submit">Import</button></div>`;
  box.querySelector("#set-name").value = name;
  for (const [field, value] of Object.entries({ ...sent, file: zip.name, series })) {
    const hidden = document.createElement("input");
    hidden.type = "hidden";
    hidden.name = field;
    hidden.value = value;
    box.append(hidden);
  }
  if (series) {
    for (const asked of box.querySelectorAll("[data-new]")) asked.remove();
  }
  lines.append(box);
  htmx.process(box);
  if (series) htmx.trigger(box, "submit");
  else box.querySelector("#set-name").focus();
}

for (const form of document.querySelectorAll("[data-uploads]")) {
  const input = form.querySelector("input[type=file]");
  input.addEventListener("change", () => {
    bring(form, input.files);
    input.value = "";
  });
  form.addEventListener("dragover", (event) => {
    event.preventDefault();
    form.classList.add("over");
  });
  form.addEventListener("dragleave", () => form.classList.remove("over"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("over");
    bring(form, event.dataTransfer.files);
  });
}
