// <connection-banner>: says what is wrong with the connection and what can be done: reconnecting, idle (paused)
// and offline look different. Also tells the page's polite live region, once per change.

import { circumstances, connection } from "../desk.js";
import { nextTry } from "../freshness.js";
import { mark } from "../render.js";
import { LiveElement } from "./live-element.js";

const CIRCLE_MS = 5_000;

const ACTS = {
  retry: () => connection.retry(),
  resume: () => document.dispatchEvent(new Event("resume-prices")),
  reload: () => location.reload(),
  "sign-in": signIn,
};

const signInPage = () => new URL(document.documentElement.dataset.signIn, location.href);

/** Whether the sign-in page sent this page here just now, and would again: then the person decides. */
const isCircle = () => document.referrer.startsWith(signInPage().href) && performance.now() < CIRCLE_MS;

function signIn() {
  const address = signInPage();
  address.searchParams.set("next", location.pathname + location.search);
  location.assign(address);
}

/** What to say: the kind of banner, its text, and the act it offers; null when all is well. */
function said({ state, lost, text, act, retryAt, pausedAt }, now) {
  if (state === "closed") return { kind: "offline", text, act };
  if (state === "offline")
    return { kind: "offline", text: "This device is offline. Values stay as old as they say.", act };
  if (state === "waiting")
    return { kind: "reconnecting", text: `${text} Reconnecting: ${nextTry(retryAt, now)}.`, act };
  if (lost) return { kind: "reconnecting", text: "Reconnecting: trying now.", act: "" };
  if (pausedAt != null) return { kind: "idle", text: "Prices are paused.", act: "resume" };
  return null;
}

const SPOKEN = {
  reconnecting: "Connection lost. Reconnecting.",
  offline: "Offline.",
  idle: "Prices are paused.",
  "": "Connected again.",
};

class ConnectionBanner extends LiveElement {
  #kind = "";

  connectedCallback() {
    super.connectedCallback();
    this.addEventListener("click", (event) => ACTS[event.target.dataset.act]?.());
  }

  paint() {
    const { socket, now } = circumstances();
    const what = said(socket, now);
    this.hidden = !what;
    mark(this, "data-kind", what?.kind);
    if (what) this.show({ text: what.text });
    for (const button of this.querySelectorAll("[data-act]")) button.hidden = button.dataset.act !== what?.act;
    this.#speak(what?.kind ?? "");
    if (what?.act === "sign-in" && !isCircle()) signIn();
  }

  #speak(kind) {
    if (kind === this.#kind) return;
    this.#kind = kind;
    document.getElementById("announcements").textContent = SPOKEN[kind];
  }
}

customElements.define("connection-banner", ConnectionBanner);
