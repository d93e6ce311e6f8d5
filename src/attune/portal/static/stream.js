/* A WebSocket of the service: samples out, events in. */
import { post } from "./app.js";
import { pcm } from "./microphone.js";

const MOST_WAITING = 256 * 1024;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/* Opens `path` with `query`; `tell` gets every event. Rejects when it cannot be opened. */
export async function openStream(path, query, start, tell) {
  const { token } = await post("/token");
  const address = new URL(path, location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  address.search = new URLSearchParams({ ...query, access_token: token }).toString();
  const socket = new WebSocket(address);
  socket.binaryType = "arraybuffer";
  let over = false;
  const done = new Promise((resolve) => {
    socket.onclose = (event) => {
      if (!over && event.code !== 1000) {
        tell({ type: "error", message: event.reason || "The service closed the connection. Try again." });
      }
      over = true;
      resolve();
    };
  });
  socket.onmessage = (event) => {
    const told = JSON.parse(event.data);
    if (told.type === "end" || told.type === "error") over = true;
    tell(told);
    if (over) socket.close(1000);
  };
  await new Promise((resolve) => {
    socket.onopen = resolve;
    done.then(resolve);
  });
  if (start && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type: "start", ...start }));
  return {
    done,
    send(samples) {
      if (socket.readyState === WebSocket.OPEN) socket.send(pcm(samples));
    },
    /* Waits while much is on its way: a file goes as fast as the service takes it. */
    async ready() {
      while (socket.readyState === WebSocket.OPEN && socket.bufferedAmount > MOST_WAITING) await pause(30);
      return socket.readyState === WebSocket.OPEN;
    },
    finish() {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type: "finish" }));
    },
    close() {
      over = true;
      socket.close(1000);
    },
  };
}
