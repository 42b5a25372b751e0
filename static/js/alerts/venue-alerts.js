// <venue-alerts>: the alerts that a person keeps at their venues, apart from ours: nobody here checks them.

import { age, moment } from "../core/format.js";
import { LiveElement } from "../core/live-element.js";
import { clock, store } from "../core/page.js";
import { write } from "../core/render.js";
import { fetched } from "../transports/http.js";

const AGAIN_MS = 60_000;
const STATES = { at_venue: "◇ at venue", fired: "▲ fired there", expired: "○ expired there" };
/** The newest answer is told with its age from here on (ms). */
const AGED_MS = 1_000;

class VenueAlerts extends LiveElement {
  #timer = 0;
  #told = null;
  #failed = "";
  #links = 0;

  get hears() {
    return ["link"];
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  async #ask() {
    clearTimeout(this.#timer);
    if (!document.hidden) {
      const answer = await fetched("/api/alerts/venues");
      if (!this.isConnected) return;
      const { status, body } = answer ?? {};
      if (status === 200) this.#told = body;
      this.#failed = status === 200 ? "" : (body?.detail ?? "The desk does not answer.");
      this.#list();
    }
    // Who has no venue that keeps any is asked about no more.
    if (this.#told === null || this.#told.venues.length) this.#timer = setTimeout(() => this.#ask(), AGAIN_MS);
  }

  #list() {
    const { alerts = [], venues = [] } = this.#told ?? {};
    this.hidden = !venues.length;
    this.querySelector("ol").replaceChildren(...alerts.map((alert) => this.#row(alert)));
    this.paint();
  }

  #row({ text, state, label, expires, fired_at: fired }) {
    const row = document.importNode(this.querySelector("template").content.firstElementChild, true);
    const part = (name) => row.querySelector(`[data-part=${name}]`);
    const now = clock.now();
    const more = [label];
    if (fired) more.push(`fired ${moment(fired, now)}`);
    else if (expires) more.push(`until ${moment(expires, now)}`);
    write(part("word"), STATES[state]);
    write(part("text"), text);
    write(part("more"), more.join(" · "));
    return row;
  }

  paint() {
    const links = store.all("link").length;
    if (links !== this.#links) {
      this.#links = links;
      this.#ask();
    }
    if (this.hidden || !this.#told) return;
    const { at, refusals, alerts } = this.#told;
    const late = clock.now() - at;
    const said = ["Kept by the venue; nobody here checks it."];
    if (!alerts.length && !refusals.length) said.push("None there.");
    said.push(`Asked ${late > AGED_MS ? `${age(late)} ago` : "just now"}.`, ...refusals);
    if (this.#failed) said.push(this.#failed);
    write(this.querySelector("[data-part=asked]"), said.join(" "));
  }
}

customElements.define("venue-alerts", VenueAlerts);
