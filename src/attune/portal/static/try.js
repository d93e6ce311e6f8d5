/* Try it: what is spoken or lies in a file, recognised before one's eyes. */
import { icon } from "./app.js";
import { level, openMicrophone, pcm } from "./microphone.js";
import { openStream } from "./stream.js";

const UNSURE = 0.8;
const DOUBTFUL = 0.5;
const WIDTH = 1000;
const HEIGHT = 120;
const FILE_RATE = 16000;
const LONGEST_KEPT = 600;
const SVG = "http://www.w3.org/2000/svg";

const page = document.querySelector("[data-try]");
const part = (name) => page.querySelector(`[data-${name}]`);
const speak = part("microphone");
const heard = part("heard");
const audio = part("audio");

let running = null;
let kept = [];
let rate = FILE_RATE;
let words = [];

function fail(message) {
  const box = document.createElement("div");
  box.className = "notice error";
  const text = document.createElement("div");
  text.textContent = message;
  box.append(icon("error"), text);
  part("error").replaceChildren(box);
}

function recogniser() {
  const [kind, id] = part("with").value.split(":");
  return { [kind]: id, language: page.dataset.language };
}

function phrases() {
  return part("phrases").value.split("\n").map((line) => line.trim()).filter(Boolean);
}

function clear() {
  heard.replaceChildren();
  part("error").replaceChildren();
  part("wave-box").hidden = true;
  kept = [];
  words = [];
  audio.pause();
}

function interim() {
  let line = heard.querySelector(".interim");
  if (!line) {
    line = document.createElement("p");
    line.className = "interim";
    heard.append(line);
  }
  return line;
}

function spoken(final) {
  const line = document.createElement("p");
  const tokens = final.tokens.length
    ? final.tokens
    : final.words.map((word, place) => ({ text: word.text, first: place, last: place + 1 }));
  for (const token of tokens) {
    const behind = final.words.slice(token.first, token.last);
    const shown = document.createElement("span");
    shown.className = "word";
    shown.textContent = token.text;
    if (behind.length) {
      const confidence = Math.min(...behind.map((word) => word.confidence));
      const times = { start: behind[0].start, end: behind.at(-1).end };
      if (confidence < DOUBTFUL) shown.classList.add("doubtful");
      else if (confidence < UNSURE) shown.classList.add("unsure");
      shown.title = `${Math.round(100 * confidence)} % sure · ${times.start.toFixed(2)} to ${times.end.toFixed(2)} s`;
      shown.addEventListener("click", () => playFrom(times.start));
      words.push({ shown, ...times });
    }
    line.append(shown, " ");
  }
  if (!final.text) return;
  heard.querySelector(".interim")?.remove();
  heard.append(line);
}

function alternatives(final) {
  const list = document.createElement("ol");
  list.className = "alternatives";
  for (const each of final.alternatives) {
    const item = document.createElement("li");
    const sure = document.createElement("span");
    sure.className = "soft small";
    sure.textContent = ` ${Math.round(100 * each.confidence)}\u00a0%`;
    item.append(each.text || "nothing", sure);
    list.append(item);
  }
  if (final.alternatives.length) part("alternatives").replaceChildren(list);
}

function tell(event) {
  if (event.type === "partial") interim().textContent = event.text;
  else if (event.type === "final") {
    heard.querySelector(".interim")?.remove();
    spoken(event);
    alternatives(event);
  } else if (event.type === "error") fail(event.message ?? event.error?.message ?? "The service stopped. Try again.");
}

function add(tag, attributes, parent) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  parent.append(made);
  return made;
}

function joined() {
  const all = new Float32Array(kept.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of kept) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/* The waveform with the edges of words, and the recording to play. */
function drawWave() {
  const samples = joined();
  if (!samples.length) return;
  const seconds = samples.length / rate;
  const wave = part("wave");
  wave.replaceChildren();
  const columns = 500;
  const step = samples.length / columns;
  let path = "";
  let most = 1e-4;
  for (const sample of samples) most = Math.max(most, Math.abs(sample));
  for (let column = 0; column < columns; column += 1) {
    let top = 0;
    const stop = Math.min(samples.length, Math.floor((column + 1) * step));
    for (let at = Math.floor(column * step); at < stop; at += 1) top = Math.max(top, Math.abs(samples[at]));
    const half = Math.max(0.6, (top / most) * (HEIGHT / 2 - 4));
    path += `M${column * 2} ${(HEIGHT / 2 - half).toFixed(1)}h1.3v${(2 * half).toFixed(1)}h-1.3z`;
  }
  add("path", { class: "wave", d: path }, wave);
  for (const word of words) {
    for (const time of [word.start, word.end]) {
      const x = (time / seconds) * WIDTH;
      add("line", { class: "word-edge", x1: x, x2: x, y1: 0, y2: HEIGHT, "vector-effect": "non-scaling-stroke" }, wave);
    }
  }
  part("wave-words").replaceChildren(...words.map((word) => {
    const label = document.createElement("span");
    label.textContent = word.shown.textContent;
    label.style.left = `${(100 * word.start) / seconds}%`;
    label.style.width = `${(100 * (word.end - word.start)) / seconds}%`;
    return label;
  }));
  add("line", { class: "here", x1: 0, x2: 0, y1: 0, y2: HEIGHT, "vector-effect": "non-scaling-stroke", visibility: "hidden" }, wave);
  if (audio.src) URL.revokeObjectURL(audio.src);
  audio.src = URL.createObjectURL(wav(samples));
  audio.dataset.seconds = seconds;
  part("times").textContent = `${seconds.toFixed(1)} s, ${words.length} words. Click on a word, or in the waveform, to hear it.`;
  part("wave-box").hidden = false;
}

function wav(samples) {
  const header = new DataView(new ArrayBuffer(44));
  const text = (at, letters) => [...letters].forEach((letter, place) => header.setUint8(at + place, letter.charCodeAt(0)));
  text(0, "RIFF");
  header.setUint32(4, 36 + samples.length * 2, true);
  text(8, "WAVEfmt ");
  header.setUint32(16, 16, true);
  header.setUint16(20, 1, true);
  header.setUint16(22, 1, true);
  header.setUint32(24, rate, true);
  header.setUint32(28, rate * 2, true);
  header.setUint16(32, 2, true);
  header.setUint16(34, 16, true);
  text(36, "data");
  header.setUint32(40, samples.length * 2, true);
  return new Blob([header, pcm(samples)], { type: "audio/wav" });
}

function playFrom(time) {
  if (!audio.src) return;
  audio.currentTime = Math.max(0, time - 0.05);
  audio.play();
}

function follow() {
  const here = part("wave").querySelector(".here");
  const x = (audio.currentTime / Number(audio.dataset.seconds)) * WIDTH;
  here?.setAttribute("visibility", audio.paused ? "hidden" : "visible");
  here?.setAttribute("x1", x);
  here?.setAttribute("x2", x);
  for (const word of words) {
    word.shown.classList.toggle("now", !audio.paused && word.start <= audio.currentTime && audio.currentTime < word.end);
  }
  if (!audio.paused) requestAnimationFrame(follow);
}

function marked(on) {
  part("again").setAttribute("aria-pressed", String(on));
  part("again").replaceChildren(icon(on ? "pause" : "play"));
}

audio.addEventListener("play", () => { marked(true); follow(); });
audio.addEventListener("pause", () => { marked(false); follow(); });
part("again").addEventListener("click", () => (audio.paused ? audio.play() : audio.pause()));
part("wave").addEventListener("click", (event) => {
  const box = part("wave").getBoundingClientRect();
  playFrom(((event.clientX - box.left) / box.width) * Number(audio.dataset.seconds));
});

function button(recording) {
  speak.classList.toggle("recording", recording);
  speak.querySelector("span").textContent = recording ? "Stop" : "Speak";
  speak.querySelector("use").replaceWith(icon(recording ? "stop" : "try").querySelector("use"));
}

function busy(on) {
  heard.setAttribute("aria-busy", String(on));
  part("file").disabled = on;
}

async function listen() {
  clear();
  heard.innerHTML = '<p class="waiting">Listening. Say something.</p>';
  let stream = null;
  const early = [];
  const microphone = await openMicrophone((samples) => {
    part("level-bar").setAttribute("width", 100 * level(samples));
    if (kept.length < LONGEST_KEPT * 8) kept.push(samples);
    if (stream) stream.send(samples);
    else early.push(samples);
  });
  rate = microphone.rate;
  running = { stop: () => { microphone.close(); stream?.finish(); } };
  button(true);
  try {
    const opened = await openStream("/v1/stream", { ...recogniser(), rate }, { phrases: phrases() }, (event) => {
      if (event.type === "partial" || event.type === "final") heard.querySelector(".waiting")?.remove();
      tell(event);
    });
    for (const samples of early) opened.send(samples);
    stream = opened;
    await opened.done;
  } finally {
    await microphone.close().catch(() => {});
    part("level-bar").setAttribute("width", 0);
    running = null;
    button(false);
    drawWave();
    if (!heard.textContent.trim() || heard.querySelector(".waiting")) heard.innerHTML = '<p class="waiting">Nothing was recognised. Speak a little louder, or nearer.</p>';
  }
}

async function decode(bytes) {
  try {
    return await new OfflineAudioContext(1, 1, FILE_RATE).decodeAudioData(bytes);
  } catch {
    throw new Error("This file holds no audio that the browser can read. Take WAV, FLAC, Ogg or MP3.");
  }
}

/* All channels together, as one. */
function mixed(decoded) {
  const out = new Float32Array(decoded.length);
  for (let channel = 0; channel < decoded.numberOfChannels; channel += 1) {
    const from = decoded.getChannelData(channel);
    for (let at = 0; at < out.length; at += 1) out[at] += from[at] / decoded.numberOfChannels;
  }
  return out;
}

async function hear(bytes) {
  clear();
  busy(true);
  heard.innerHTML = '<p class="waiting">Listening to the recording.</p>';
  try {
    const decoded = await decode(bytes);
    rate = decoded.sampleRate;
    const samples = mixed(decoded);
    kept = [samples];
    const stream = await openStream("/v1/stream", { ...recogniser(), rate }, { phrases: phrases() }, (event) => {
      if (event.type === "partial" || event.type === "final") heard.querySelector(".waiting")?.remove();
      tell(event);
    });
    const piece = rate / 4;
    for (let at = 0; at < samples.length && (await stream.ready()); at += piece) stream.send(samples.subarray(at, at + piece));
    stream.finish();
    await stream.done;
    drawWave();
    if (heard.querySelector(".waiting")) heard.innerHTML = '<p class="waiting">Nothing was recognised in it.</p>';
  } finally {
    busy(false);
  }
}

const attempt = (act) => act().catch((error) => {
  heard.querySelector(".waiting")?.remove();
  fail(error.message);
});

speak.addEventListener("click", () => (running ? running.stop() : attempt(listen)));
part("file").addEventListener("change", (event) => {
  const [file] = event.target.files;
  event.target.value = "";
  if (file) attempt(async () => hear(await file.arrayBuffer()));
});
part("sample")?.addEventListener("change", (event) => {
  const address = event.target.value;
  if (!address) return;
  attempt(async () => {
    const response = await fetch(address);
    if (!response.ok) throw new Error("This recording is not there any more.");
    await hear(await response.arrayBuffer());
  });
  event.target.value = "";
});
