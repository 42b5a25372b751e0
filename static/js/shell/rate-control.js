// <rate-control>: how often prices move: live, every second, every five, or paused (WCAG 2.2.2).

import { connection, renderer } from "../core/page.js";
import { preference, prefer } from "../core/preferences.js";
import { LIVE_MS } from "../core/render.js";

const KEY = "tapedeck.rate";
/** Radio value → ms between frames; null is paused. A pause is not kept over a reload. */
const RATES = { live: 0, "1s": 1_000, "5s": 5_000, paused: null };

class RateControl extends HTMLElement {
  connectedCallback() {
    const kept = preference("rate") ?? localStorage.getItem(KEY);
    this.#choose(kept in RATES ? kept : "live");
    this.addEventListener("change", (event) => this.#keep(event.target.value));
    document.addEventListener("preference", ({ detail }) => detail === "rate" && this.#choose(preference("rate")));
    document.addEventListener("resume-prices", () => this.#choose("live"));
  }

  #keep(name) {
    this.#choose(name);
    if (name !== "paused") prefer("rate", name);
  }

  #choose(name) {
    for (const radio of this.querySelectorAll("input")) radio.checked = radio.value === name;
    if (name !== "paused") localStorage.setItem(KEY, name);
    const rate = RATES[name];
    connection.pace(rate);
    renderer.pace(rate === null ? null : Math.max(LIVE_MS, rate));
  }
}

customElements.define("rate-control", RateControl);
