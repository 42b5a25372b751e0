// <news-list>: stories, the newest on top. New ones wait behind a button, so that nothing jumps; what is shown is
// brought up to date where it stands. Texts only: nothing of a source is ever markup.

import { age, moment } from "../core/format.js";
import { announce } from "../core/announcements.js";
import { clock, connection, renderer, store } from "../core/page.js";
import { focused, onFocus } from "../core/focus.js";
import { LiveElement } from "../core/live-element.js";
import { mark, write } from "../core/render.js";
import { fetched } from "../transports/http.js";
import { fits, Stories } from "./stories.js";
import { NEARNESS, named, storyRelevance } from "./relevance.js";
import {
  chipText, impactText, otherText, relevanceText, remarks, sentimentText, sourceStatus, sourceText, symbolText,
} from "./news-text.js";

const ANNOUNCE_MS = 30_000;
const SEARCH_MS = 300;
const SHOWN = 100;
const TONES = { live: "live", asked: "live", quiet: "delayed", late: "stale", failing: "lost", refused: "refused", unusable: "refused" };

class NewsList extends LiveElement {
  #stories = new Stories();
  #waiting = new Set();
  #sources = new Map();
  #scope = "all";
  #kind = "";
  #found = null;
  #announcedAt = 0;
  #searching = 0;
  #onNews = ({ detail }) => this.#receive(detail);
  #stopFocus = null;
  #watched = new Set();
  #lists = null;

  get demand() {
    return { topics: ["news", "links"] };
  }

  connectedCallback() {
    super.connectedCallback();
    this.#watched = this.#told("watched");
    this.#lists = new BroadcastChannel("tapedeck.watchlists");
    this.#lists.addEventListener("message", () => this.#watch());
    connection.inbox.addEventListener("news", this.#onNews);
    this.#stopFocus = onFocus((symbol) => this.#refocus(symbol));
    this.addEventListener("change", (event) => this.#choose(event.target));
    this.addEventListener("input", (event) => event.target.name === "q" && this.#search(event.target.value));
    this.addEventListener("keydown", (event) => this.#onKey(event));
    this.#part("chip").addEventListener("click", () => this.#bring());
    this.#refocus(focused());
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    connection.inbox.removeEventListener("news", this.#onNews);
    this.#stopFocus?.();
    this.#lists.close();
  }

  #part(name) {
    return this.querySelector(`[data-part=${name}]`);
  }

  get #rows() {
    return [...this.querySelectorAll(".stories > li")];
  }

  /** What the server said of the person's book when the page was made. */
  #told(name) {
    return new Set((this.dataset[name] ?? "").split(" ").filter(Boolean));
  }

  /** What the person holds and watches: as the page has it, else as it was made. */
  get #book() {
    const held = store.all("position").map(({ symbol }) => named(symbol));
    return { held: held.length ? new Set(held) : this.#told("held"), watched: this.#watched, indices: this.#told("indices") };
  }

  /** A watchlist changed, here or in another tab. */
  async #watch() {
    const answer = await fetched("/api/watchlists/");
    if (!answer?.body?.watchlists) return;
    this.#watched = new Set(answer.body.watchlists.flatMap(({ symbols }) => symbols.map(named)));
    this.#draw();
  }

  // What comes

  #receive(message) {
    if (message.type === "news_sources") {
      this.#sources.set(message.owner, message.sources);
      return this.#showSources();
    }
    const isFirst = this.#stories.size === 0;
    const fresh = this.#stories.take(message.articles);
    if (isFirst || this.#isEmpty) return this.#draw();
    for (const id of fresh) this.#waiting.add(id);
    this.#drawKnown();
    this.#offer();
    return undefined;
  }

  get #isEmpty() {
    return this.#rows.length === 0 && this.#found === null;
  }

  /** Say how many stories wait, and tell who listens, not more often than every half minute. */
  #offer() {
    const stories = this.#waitingStories;
    const chip = this.#part("chip");
    chip.hidden = stories.length === 0;
    write(chip, chipText(stories.length));
    const now = performance.now();
    if (stories.length && now - this.#announcedAt > ANNOUNCE_MS) {
      this.#announcedAt = now;
      announce(chipText(stories.length).replace(" ↑", ""));
    }
  }

  get #waitingStories() {
    return this.#listed.filter((story) => story.items.every(({ id }) => this.#waiting.has(id)));
  }

  get #listed() {
    const wanted = { scope: this.#scope, kind: this.#kind, book: this.#book };
    const stories = this.#known.list((item) => fits(item, wanted));
    if (this.#scope !== "mine") return stories;
    const nearness = new Map(stories.map((story) => [story, NEARNESS.indexOf(storyRelevance(story, wanted.book))]));
    return stories.sort((one, other) => nearness.get(one) - nearness.get(other));
  }

  get #known() {
    return this.#found ?? this.#stories;
  }

  /** Show what waited. */
  #bring() {
    const had = this.contains(document.activeElement);
    this.#waiting.clear();
    this.#draw();
    this.#part("box").scrollTop = 0;
    if (had) this.#rows[0]?.focus();
  }

  // What is shown

  #draw() {
    const list = this.querySelector(".stories");
    const shown = this.#listed.filter((story) => story.items.some(({ id }) => !this.#waiting.has(id))).slice(0, SHOWN);
    const rows = new Map(this.#rows.map((row) => [row.dataset.story, row]));
    list.replaceChildren(...shown.map((story) => this.#row(rows.get(story.id), story)));
    this.#part("empty").hidden = shown.length > 0;
    this.#part("tag").hidden = !shown.some(({ first }) => first.simulated);
    this.#offer();
    this.paint();
  }

  /** Bring the rows up to date that are there, where they stand. */
  #drawKnown() {
    const stories = new Map(this.#listed.map((story) => [story.id, story]));
    const heads = new Set(this.#known.list().map(({ id }) => id));
    for (const row of this.#rows) {
      const { story } = row.dataset;
      if (stories.has(story)) this.#row(row, stories.get(story));
      else if (this.#known.get(story) && !heads.has(story)) row.remove(); // it was folded into another one
    }
    this.paint();
  }

  #row(known, story) {
    const row = known ?? document.importNode(this.querySelector("template").content.firstElementChild, true);
    const { first, items } = story;
    row.dataset.story = story.id;
    const part = (name) => row.querySelector(`[data-part=${name}]`);
    const link = part("headline");
    write(link, first.headline);
    if (first.url) link.href = first.url;
    else link.removeAttribute("href");
    row.dataset.at = first.received_at;
    write(part("symbols"), symbolText(first));
    write(part("relevance"), relevanceText(storyRelevance(story, this.#book)));
    write(part("source"), sourceText(story));
    write(part("sentiment"), sentimentText(first));
    mark(part("sentiment"), "data-reads", first.sentiment_word ?? "");
    write(part("category"), first.category);
    write(part("simulated"), first.simulated ? "simulated" : "");
    write(part("remarks"), remarks(first).join(" · "));
    write(part("impact"), impactText(first));
    this.#others(part("others"), first, items);
    return row;
  }

  /** What a story unfolds to: the other sources that brought it, and what it said before. */
  #others(list, first, items) {
    const said = [
      ...items.filter((item) => item !== first).map((item) => [item.received_at, otherText(item)]),
      ...(first.revisions ?? []).map((one) => [one.received_at, `version ${one.revision}: ${one.headline}`]),
    ];
    list.replaceChildren(
      ...said.map(([at, text]) => {
        const line = document.createElement("li");
        line.textContent = `${moment(at, clock.now())} ${text}`;
        return line;
      }),
    );
    list.closest("li").toggleAttribute("data-folds", said.length > 0);
  }

  paint() {
    const now = clock.now();
    for (const row of this.#rows) {
      const at = Number(row.dataset.at);
      write(row.querySelector("[data-part=time]"), moment(at, now).slice(-8, -3) || "");
      row.querySelector("[data-part=time]").title = moment(at, now);
      write(row.querySelector("[data-part=age]"), age(now - at));
    }
    this.#paintSources(now);
    const { state, pausedAt } = connection.status;
    const word = pausedAt ? "paused" : state === "open" ? "live" : state;
    mark(this, "data-state", pausedAt ? "paused" : state === "open" ? "live" : "lost");
    this.show({ word });
  }

  // Sources

  #showSources() {
    const list = this.#part("sources");
    const all = [...this.#sources.values()].flat();
    while (list.children.length > all.length) list.lastElementChild.remove();
    while (list.children.length < all.length) {
      const line = document.createElement("li");
      line.append(...["b", "span", "small"].map((name) => document.createElement(name)));
      line.children[1].className = "state";
      list.append(line);
    }
    renderer.mark(this);
  }

  #paintSources(now) {
    const all = [...this.#sources.values()].flat();
    for (const [index, line] of [...this.#part("sources").children].entries()) {
      const { word, text } = sourceStatus(all[index], now);
      mark(line, "data-state", TONES[all[index].state] ?? "stale");
      write(line.children[0], all[index].name);
      write(line.children[1], word);
      write(line.children[2], text);
    }
  }

  // What is asked for

  #refocus(symbol) {
    const radio = this.querySelector("input[value=focus]");
    if (!radio || !symbol) return;
    write(radio.nextElementSibling, symbol);
    if (radio.checked) this.#scope = symbol;
    this.#draw();
  }

  #choose(control) {
    if (control.name === "news-scope") this.#scope = control.value === "focus" ? focused() : control.value;
    else if (control.name === "news-kind") this.#kind = control.value;
    else return;
    this.#draw();
  }

  #search(text) {
    clearTimeout(this.#searching);
    this.#searching = setTimeout(() => this.#find(text.trim()), SEARCH_MS);
  }

  /** Show what of 90 days has the words; without any, what came while the page was open. */
  async #find(text) {
    if (!text) {
      this.#found = null;
      this.#say("");
      return this.#draw();
    }
    const answer = await fetched(`/news/headlines?q=${encodeURIComponent(text)}&limit=${SHOWN}`);
    if (this.querySelector("[name=q]").value.trim() !== text) return undefined;
    if (!answer?.body?.articles) return this.#say("The search could not be answered. Try again.");
    this.#found = new Stories();
    this.#found.take([...answer.body.articles].reverse());
    const count = answer.body.articles.length;
    this.#say(answer.body.next ? `The newest ${count} with these words` : `${count} with these words in 90 days`);
    return this.#draw();
  }

  #say(text) {
    write(this.#part("said"), text);
  }

  // Keys

  #onKey(event) {
    const row = event.target.closest(".stories > li");
    const act = this.#acts[event.key];
    if (event.target.matches("input, select") || !act || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!row && event.key !== ".") return;
    event.preventDefault();
    act(row);
  }

  #acts = {
    ArrowDown: (row) => row.nextElementSibling?.focus(),
    ArrowUp: (row) => row.previousElementSibling?.focus(),
    Enter: (row) => row.querySelector("a[href]")?.click(),
    " ": (row) => this.#unfold(row),
    ".": () => this.#waiting.size && this.#bring(),
  };

  #unfold(row) {
    const list = row.querySelector("[data-part=others]");
    list.hidden = !list.hidden || !list.children.length;
    row.setAttribute("aria-expanded", String(!list.hidden));
  }
}

customElements.define("news-list", NewsList);
