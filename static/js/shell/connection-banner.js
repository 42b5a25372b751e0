// <connection-banner>: says what is wrong with the connection and what can be done: reconnecting, idle (paused),
// offline, another carrier and back again look different. Also tells the page's polite live region, once per change.

import { circumstances, connection } from "../core/page.js";
import { banner } from "./banner-text.js";
import { mark } from "../core/render.js";
import { LiveElement } from "../core/live-element.js";

const CIRCLE_MS = 5_000;

const ACTS = {
  retry: () => connection.retry(),
  climb: () => connection.retry(),
  resume: () => document.dispatchEvent(new Event("resume-prices")),
  reload: () => location.reload(),
  "sign-in": signIn,
};

const signInPage = () => new URL(document.documentElement.dataset.signIn, location.href);

/** Whether the sign-in page sent this page here just now, and would again: then the person decides. */
const isCircle = () => document.referrer.startsWith(signInPage().href) && performance.now() < CIRCLE_MS;

function signIn() {
  const address = signInPage();
  if ("return" in document.documentElement.dataset) {
    address.searchParams.set("next", location.pathname + location.search);
  }
  location.assign(address);
}

class ConnectionBanner extends LiveElement {
  #kind = "";

  connectedCallback() {
    super.connectedCallback();
    this.addEventListener("click", (event) => ACTS[event.target.dataset.act]?.());
  }

  paint() {
    const { socket, now } = circumstances();
    const what = banner(socket, now);
    this.hidden = !what;
    mark(this, "data-kind", what?.kind);
    if (what) this.show({ text: what.text });
    for (const button of this.querySelectorAll("[data-act]")) button.hidden = button.dataset.act !== what?.act;
    this.#speak(what);
    if (what?.act === "sign-in" && !isCircle()) signIn();
  }

  #speak(what) {
    const kind = what?.kind ?? "";
    if (kind === this.#kind) return;
    this.#kind = kind;
    if (what) document.getElementById("announcements").textContent = what.spoken;
  }
}

customElements.define("connection-banner", ConnectionBanner);
