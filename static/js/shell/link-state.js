// <link-state link="…" [data-since="ms"] [data-feed-at="ms"]>: what one link to a venue is doing, in a word, with
// the reason and the next try. Until the stream tells of this link, what the server rendered stands.

import { circumstances, store } from "../core/page.js";
import { age } from "../core/format.js";
import { linkVerdict, removedVerdict, socketVerdict } from "../core/freshness.js";
import { slotName } from "../stream/store.js";
import { LiveElement } from "../core/live-element.js";

class LinkState extends LiveElement {
  #rendered;

  get name() {
    return this.getAttribute("link");
  }

  get demand() {
    return { topics: ["links"] };
  }

  get hears() {
    return [slotName("link", this.name)];
  }

  connectedCallback() {
    super.connectedCallback();
    this.#rendered = {
      state: this.dataset.state,
      word: this.cell("word")?.textContent ?? "",
      note: this.cell("note")?.textContent ?? "",
    };
  }

  paint() {
    const { socket, now } = circumstances();
    const link = store.get("link", this.name);
    this.judge(socketVerdict(socket, now) ?? this.#verdict(link, now));
    this.#showTimes(link ?? { since: this.#time("since"), feed_at: this.#time("feedAt") }, now);
    if (link) this.#showCounts(link);
  }

  #verdict(link, now) {
    if (link) return linkVerdict(link, now);
    return store.isGone("link", this.name) ? removedVerdict() : this.#rendered;
  }

  #time(name) {
    return this.dataset[name] ? Number(this.dataset[name]) : null;
  }

  #showTimes(link, now) {
    const ages = { since: link.since, feed: link.feed_at, account: link.account_at };
    for (const [name, at] of Object.entries(ages)) if (at != null) this.show({ [name]: age(now - at) });
    if (link.refreshed_at != null) this.show({ refreshed: `${age(now - link.refreshed_at)} ago` });
  }

  #showCounts(link) {
    for (const name of ["carrier", "reconnects", "refreshes", "bad_rows"]) {
      if (link[name] != null) this.show({ [name]: String(link[name]) });
    }
  }
}

customElements.define("link-state", LinkState);
