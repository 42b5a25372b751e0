// What this page watches, and what the desk was told of it: changes of one turn go out as one.

import { difference, SubscriptionSet } from "./subscription-set.js";

export class Subscriptions {
  #set = new SubscriptionSet();
  #told = {};
  #isTelling = false;
  #changed;

  /** `changed({add, remove})` is called once for all that one turn of the page changed. */
  constructor(changed) {
    this.#changed = changed;
  }

  /** The whole watch. */
  get all() {
    return this.#set.all;
  }

  /** Watch what `want` names; several wants of one thing cost one subscription. Returns the way to stop. */
  subscribe(want) {
    this.#set.add(want);
    this.#send();
    return () => {
      this.#set.remove(want);
      this.#send();
    };
  }

  /** Whoever is asked next is told everything: there is nothing to tell before. */
  start() {
    this.#told = this.all;
  }

  #send() {
    if (this.#isTelling) return;
    this.#isTelling = true;
    queueMicrotask(() => this.#flush());
  }

  #flush() {
    this.#isTelling = false;
    const news = difference(this.#told, this.all);
    this.#told = this.all;
    if (news) this.#changed(news);
  }
}
