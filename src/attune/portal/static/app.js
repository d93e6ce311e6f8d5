/* What every page does: theme, menu, errors in their place, toasts, copying, playing. */

const page = document.documentElement;
const marks = document.querySelector("template[data-csrf]");

export const csrf = marks?.dataset.csrf ?? "";

export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const drawn = document.createElementNS(space, "svg");
  drawn.setAttribute("class", "icon");
  drawn.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `${marks?.dataset.icons ?? ""}#${name}`);
  drawn.append(use);
  return drawn;
}

export function toast(message, kind = "good") {
  const box = document.createElement("div");
  box.className = `toast ${kind}`;
  const text = document.createElement("span");
  text.textContent = message;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "icon-button";
  close.setAttribute("aria-label", "Close this message");
  close.append(icon("close"));
  close.addEventListener("click", () => box.remove());
  box.append(icon(kind === "error" ? "error" : "good"), text, close);
  document.querySelector("[data-toasts]").append(box);
  if (kind !== "error") setTimeout(() => box.remove(), 6000);
}

/* POST to the portal, with the session's token; the JSON that comes back, or an Error to show. */
export async function post(address, fields = {}) {
  const response = await fetch(address, {
    method: "POST",
    headers: { "X-CSRF-Token": csrf, "Content-Type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(fields),
  });
  return answer(response);
}

export async function answer(response) {
  if (response.headers.get("HX-Redirect") || (response.redirected && response.url.includes("/sign-in"))) {
    location.assign("/sign-in");
  }
  const kind = response.headers.get("Content-Type") ?? "";
  if (response.ok) return kind.includes("json") ? response.json() : response.text();
  throw new Error(await spoken(response));
}

async function spoken(response) {
  const kind = response.headers.get("Content-Type") ?? "";
  if (kind.includes("json")) {
    const told = await response.json();
    return told.error?.message ?? told.message ?? `The service answered ${response.status}.`;
  }
  const read = new DOMParser().parseFromString(await response.text(), "text/html");
  return read.querySelector(".notice > div, .empty p")?.textContent.trim() || `The service answered ${response.status}.`;
}

/* Theme: as the system has it until somebody chooses. */
document.querySelector("[data-theme-switch]")?.addEventListener("click", () => {
  const dark = page.dataset.theme
    ? page.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  page.dataset.theme = dark ? "light" : "dark";
  document.cookie = `attune_theme=${page.dataset.theme}; path=/; max-age=31536000; samesite=strict`;
});

/* Menu on narrow screens. */
const menu = document.querySelector("[data-menu]");
const side = document.querySelector("#side");
function openMenu(open) {
  side.classList.toggle("open", open);
  menu.setAttribute("aria-expanded", String(open));
}
menu?.addEventListener("click", () => openMenu(!side.classList.contains("open")));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && side?.classList.contains("open")) {
    openMenu(false);
    menu.focus();
  }
});

document.querySelector("[data-back]")?.addEventListener("click", (event) => {
  if (document.referrer.startsWith(location.origin)) {
    event.preventDefault();
    history.back();
  }
});

/* Notices of the page before this one. */
const told = document.querySelector("[data-notice]");
if (told) toast(told.dataset.notice);

/* Copying. */
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = button.closest(".snippet, .secret").querySelector("pre, code");
  const label = button.querySelector("span");
  const before = label.textContent;
  try {
    await navigator.clipboard.writeText(source.textContent);
    label.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(source);
    label.textContent = "Selected";
  }
  setTimeout(() => { label.textContent = before; }, 2000);
});

/* HTMX: every change carries the token, and what goes wrong is told where it was asked. */
document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRF-Token"] = csrf;
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig, elt } = event.detail;
  if (xhr.status < 400) return;
  event.detail.isError = false;
  event.detail.shouldSwap = false;
  if (requestConfig.verb === "get" && requestConfig.triggeringEvent?.type !== "submit" && xhr.status >= 500) return;
  const read = new DOMParser().parseFromString(xhr.responseText, "text/html");
  const message = read.querySelector(".notice > div")?.textContent.trim() || `The service answered ${xhr.status}.`;
  const slot = elt.closest("form")?.querySelector(".form-error");
  if (!slot) {
    toast(message, "error");
    return;
  }
  const box = document.createElement("div");
  box.className = "notice error";
  box.setAttribute("role", "alert");
  const text = document.createElement("div");
  text.textContent = message;
  box.append(icon("error"), text);
  slot.replaceChildren(box);
  slot.scrollIntoView({ block: "nearest" });
});
document.addEventListener("htmx:beforeRequest", (event) => {
  event.detail.elt.closest("form")?.querySelector(".form-error")?.replaceChildren();
});
let away = false;
document.addEventListener("htmx:sendError", () => {
  if (!away) toast("The service does not answer. This page goes on by itself when it is back.", "error");
  away = true;
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful && away) {
    away = false;
    toast("The service is back.");
  }
});

/* Questions before what cannot be undone. */
document.addEventListener("htmx:confirm", (event) => {
  if (!event.detail.question) return;
  event.preventDefault();
  const dialog = document.querySelector("[data-confirm]");
  dialog.querySelector("h2").textContent = event.detail.question;
  dialog.returnValue = "no";
  dialog.showModal();
  dialog.addEventListener("close", () => {
    if (dialog.returnValue === "yes") event.detail.issueRequest(true);
  }, { once: true });
});

/* One player for all recordings of a page. */
const player = document.querySelector("[data-player]");
const audio = player?.querySelector("audio");
let playing = null;
function mark(button, on) {
  button?.setAttribute("aria-pressed", String(on));
  button?.querySelector("use")?.setAttribute("href", `${marks.dataset.icons}#${on ? "pause" : "play"}`);
}
export function play(address, name, button = null) {
  if (button && playing === button && !audio.paused) {
    audio.pause();
    return;
  }
  if (playing !== button) mark(playing, false);
  playing = button;
  player.hidden = false;
  player.querySelector("[data-player-name]").textContent = name;
  if (audio.getAttribute("src") !== address) audio.src = address;
  audio.play().catch((error) => {
    if (error.name !== "AbortError") toast("This recording cannot be played.", "error");
  });
}
audio?.addEventListener("play", () => mark(playing, true));
audio?.addEventListener("pause", () => mark(playing, false));
player?.querySelector("[data-player-close]").addEventListener("click", () => {
  audio.pause();
  player.hidden = true;
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-play]");
  if (button) play(button.dataset.play, button.dataset.name ?? "", button);
});

/* Tabs: arrows move, as screen readers expect. */
for (const tabs of document.querySelectorAll("[role=tablist]")) {
  const all = [...tabs.querySelectorAll("[role=tab]")];
  const choose = (chosen) => {
    for (const tab of all) {
      const on = tab === chosen;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).hidden = !on;
    }
  };
  tabs.addEventListener("click", (event) => {
    const tab = event.target.closest("[role=tab]");
    if (tab) choose(tab);
  });
  tabs.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = all[(all.indexOf(event.target) + step + all.length) % all.length];
    choose(next);
    next.focus();
  });
}
