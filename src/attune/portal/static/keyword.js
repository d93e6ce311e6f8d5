/* A keyword, spoken: its score as it goes, the threshold, and where it fired. */
import { icon } from "./app.js";
import { openMicrophone } from "./microphone.js";
import { openStream } from "./stream.js";

const SECONDS = 10;
const WIDTH = 900;
const TOP = 10;
const BOTTOM = 180;
const SVG = "http://www.w3.org/2000/svg";

const page = document.querySelector("[data-keyword]");
if (page) start();

function start() {
  const part = (name) => page.querySelector(`[data-${name}]`);
  const points = JSON.parse(page.dataset.points);
  let running = null;
  let trace = [];
  let hits = [];
  let threshold = null;
  let low = -2;
  let high = 2;

  const y = (score) => BOTTOM - ((Math.min(Math.max(score, low), high) - low) / (high - low)) * (BOTTOM - TOP);

  function expected() {
    const wanted = Number(part("sensitivity").value);
    const nearest = points.reduce((best, point) => (Math.abs(point[0] - wanted) < Math.abs(best[0] - wanted) ? point : best), points[0] ?? [0, 0]);
    part("expected").textContent = points.length ? `about ${nearest[1].toPrecision(2)} false accepts an hour of speech` : "";
  }

  function fail(message) {
    const box = document.createElement("div");
    box.className = "notice error";
    const text = document.createElement("div");
    text.textContent = message;
    box.append(icon("error"), text);
    part("error").replaceChildren(box);
  }

  function draw() {
    if (threshold === null) return;
    const now = trace.at(-1)?.time ?? 0;
    const from = Math.max(0, now - SECONDS);
    const x = (time) => ((time - from) / SECONDS) * WIDTH;
    const scores = trace.filter((one) => one.score !== null).map((one) => one.score);
    low = Math.min(threshold - 2, ...scores);
    high = Math.max(threshold + 1, ...scores);
    const shown = trace.filter((one) => one.time >= from);
    part("line").setAttribute("points", shown.map((one) => `${x(one.time).toFixed(1)},${y(one.score ?? low).toFixed(1)}`).join(" "));
    part("threshold").setAttribute("y1", y(threshold));
    part("threshold").setAttribute("y2", y(threshold));
    part("threshold-name").style.top = `${(100 * y(threshold)) / 190}%`;
    const group = part("hits");
    group.replaceChildren();
    for (const hit of hits.filter((one) => one.end >= from)) {
      const made = document.createElementNS(SVG, "rect");
      const left = Math.max(0, x(hit.start));
      made.setAttribute("class", "area");
      made.setAttribute("x", left);
      made.setAttribute("width", Math.max(3, x(hit.end) - left));
      made.setAttribute("y", TOP);
      made.setAttribute("height", BOTTOM - TOP);
      group.append(made);
    }
  }

  function tell(event) {
    if (event.type === "ready") {
      threshold = event.keywords[0].threshold;
      part("state").textContent = `Listening for “${event.keywords.map((one) => one.text).join("”, “")}”.`;
    } else if (event.type === "scores") {
      trace.push({ time: event.time, score: event.scores[0] });
      trace = trace.slice(-200);
      draw();
    } else if (event.type === "detection") {
      hits.push(event);
      const state = part("state");
      state.textContent = `Heard “${event.keyword}” at ${event.start.toFixed(1)} s, score ${event.score.toFixed(2)}.`;
      state.classList.add("hit");
      setTimeout(() => state.classList.remove("hit"), 1500);
      part("heard-count").textContent = `heard ${hits.length} ${hits.length === 1 ? "time" : "times"}`;
      draw();
    } else if (event.type === "error") fail(event.message ?? event.error?.message ?? "The service stopped. Try again.");
  }

  function button(on) {
    const listen = part("listen");
    listen.classList.toggle("recording", on);
    listen.querySelector("span").textContent = on ? "Stop" : "Listen";
    part("sensitivity").disabled = on;
  }

  async function listen() {
    part("error").replaceChildren();
    trace = [];
    hits = [];
    let stream = null;
    const early = [];
    const microphone = await openMicrophone((samples) => (stream ? stream.send(samples) : early.push(samples)));
    running = { stop: () => { microphone.close(); stream?.finish(); } };
    button(true);
    try {
      const query = { model: page.dataset.keyword, rate: microphone.rate, sensitivity: part("sensitivity").value };
      const opened = await openStream("/v1/keyword", query, null, tell);
      for (const samples of early) opened.send(samples);
      stream = opened;
      await opened.done;
    } finally {
      await microphone.close().catch(() => {});
      running = null;
      button(false);
      if (!hits.length) part("state").textContent = "Not heard. Say it once more, or raise the sensitivity.";
    }
  }

  part("listen").addEventListener("click", () => (running ? running.stop() : listen().catch((error) => fail(error.message))));
  part("sensitivity").addEventListener("input", expected);
  expected();
}
