// Marks of news over a chart: a letter at the top for each story at the time when it came here, a card for the one
// that is pointed at. They are a list of buttons, so that who does not see the picture has them too.

import { clock, connection } from "../core/page.js";
import { mark, write } from "../core/render.js";
import { moment } from "../core/format.js";
import { fetched } from "../transports/http.js";
import { remarks, sentimentText, sourceText } from "../news/news-text.js";
import { Stories } from "../news/stories.js";
import { gather, letterOf, markText } from "./gathering.js";

/** How wide a mark is, with the room around it (px). */
const MARK_PX = 26;
const PAGE = 100;
/** Pages of older news that are asked for, at most. */
const PAGES = 5;
/** Stories that one card names. */
const NAMED = 6;

export class NewsMarks {
  #list = document.createElement("ol");
  #overlay;
  #symbol = null;
  #stories = new Stories();
  #view = { bars: [], length: 0 };
  #marks = [];
  #older = null;
  #pages = 0;
  #room = 1;
  #text = "";
  #stretch = "";
  #onNews = ({ detail }) => this.#receive(detail);

  constructor(around, overlay) {
    this.#overlay = overlay;
    this.#list.className = "chart-marks";
    this.#list.setAttribute("aria-label", "News on the chart");
    this.#list.hidden = true;
    around.append(this.#list);
    this.#list.addEventListener("keydown", (event) => this.#onKey(event));
    this.#list.addEventListener("focusin", ({ target }) => this.#open(target.closest("li")));
    this.#list.addEventListener("focusout", ({ relatedTarget }) => this.#list.contains(relatedTarget) || this.#open(null));
    this.#list.addEventListener("pointerover", ({ target, pointerType }) => pointerType === "mouse" && this.#open(target.closest("li")));
    this.#list.addEventListener("pointerleave", () => this.#open(this.#list.contains(document.activeElement) ? document.activeElement.closest("li") : null));
  }

  /** Mark the news of `symbol` from now on; of null, nothing. */
  follow(symbol) {
    if (symbol === this.#symbol) return;
    this.close();
    this.#symbol = symbol;
    if (symbol === null) return;
    connection.inbox.addEventListener("news", this.#onNews);
    this.#ask();
  }

  close() {
    connection.inbox.removeEventListener("news", this.#onNews);
    this.#symbol = null;
    this.#stories = new Stories();
    [this.#older, this.#pages] = [null, 0];
    this.#gather();
  }

  /** The chart shows these bars now. */
  show(view) {
    const stretch = `${view.length} ${view.bars.length} ${view.bars[0]?.time}`;
    this.#view = view;
    if (stretch === this.#stretch) return; // a price that moves moves no mark
    this.#stretch = stretch;
    this.#gather();
    this.#askOlder();
  }

  // What comes

  #receive({ type, articles }) {
    if (type !== "news") return;
    this.#take(articles);
  }

  #take(articles) {
    this.#stories.take(articles.filter(({ symbols }) => symbols.includes(this.#symbol)));
    this.#gather();
  }

  async #ask(before = "") {
    const symbol = this.#symbol;
    this.#older = null;
    this.#pages += 1;
    const asked = new URLSearchParams({ symbol, limit: PAGE, ...(before && { before }) });
    const body = (await fetched(`/news/headlines?${asked}`))?.body;
    if (symbol !== this.#symbol || !body?.articles) return;
    this.#older = body.next;
    this.#take(body.articles);
    this.#askOlder();
  }

  /** Ask for older news while the bars go further back than those there are. */
  #askOlder() {
    const [bar] = this.#view.bars;
    const oldest = this.#stories.list().at(-1)?.first.received_at;
    if (this.#older && this.#pages < PAGES && bar && oldest > bar.time) this.#ask(this.#older);
  }

  // What is shown

  #gather() {
    const { bars, length } = this.#view;
    this.#marks = this.#symbol && bars.length ? gather(this.#stories.list().reverse(), bars, length, this.#room) : [];
    const text = JSON.stringify(this.#marks.map(({ at, stories }) => [bars[at].time, stories.map(({ first, sources }) => [first.id, first.version, sources])]));
    if (text !== this.#text) {
      this.#text = text;
      this.#draw();
    }
    this.place();
  }

  #draw() {
    const known = new Map([...this.#list.children].map((item) => [item.dataset.story, item]));
    const items = this.#marks.map(({ stories }) => {
      const item = known.get(stories[0].id) ?? made(stories[0].id);
      item.classList.toggle("is-many", stories.length > 1);
      write(item.firstElementChild, stories.length > 1 ? String(stories.length) : letterOf(stories[0].first));
      mark(item.firstElementChild, "aria-label", markText(stories, clock.now()));
      if (!item.lastElementChild.hidden) fill(item.lastElementChild, stories);
      return item;
    });
    // What stands already is not taken out and put back: it may have the focus.
    for (const item of [...this.#list.children]) if (!items.includes(item)) item.remove();
    items.forEach((item, at) => this.#list.children[at] === item || this.#list.insertBefore(item, this.#list.children[at] ?? null));
    this.#list.hidden = items.length === 0;
    this.#rove(items.find(({ firstElementChild }) => firstElementChild.tabIndex === 0) ?? items.at(-1));
  }

  /** One of the marks is where the keyboard comes to. */
  #rove(item) {
    for (const one of this.#list.children) one.firstElementChild.tabIndex = one === item ? 0 : -1;
  }

  place() {
    const { bar, width } = this.#overlay.size;
    const room = Math.max(1, Math.ceil(MARK_PX / bar));
    if (room !== this.#room) {
      this.#room = room;
      queueMicrotask(() => this.#gather());
      return;
    }
    this.#marks.forEach(({ at }, index) => {
      const [item, x] = [this.#list.children[index], this.#overlay.x(at)];
      if (!item) return;
      item.toggleAttribute("data-away", x === null || x < 0 || x > width);
      if (x !== null) item.style.setProperty("--x", `${Math.round(Math.min(Math.max(x, -MARK_PX), width + MARK_PX))}px`);
    });
  }

  paint() {
    for (const time of this.#list.querySelectorAll("time")) write(time, moment(Number(time.dataset.at), clock.now()));
  }

  // What is pointed at

  #open(item) {
    [...this.#list.children].forEach((one, at) => {
      const card = one.lastElementChild;
      if (one === item && card.hidden) fill(card, this.#marks[at].stories);
      card.hidden = one !== item;
    });
    if (item?.contains(document.activeElement)) {
      this.#rove(item);
      if (item.hasAttribute("data-away")) this.#see([...this.#list.children].indexOf(item));
    }
    this.paint();
  }

  /** Go to the next mark, or to the one before; from outside, to the newest. */
  step(by) {
    const items = [...this.#list.children];
    if (!items.length) return;
    const from = items.findIndex((item) => item.contains(document.activeElement));
    const to = from < 0 ? items.length - 1 : Math.min(Math.max(from + by, 0), items.length - 1);
    this.#see(to);
    items[to].firstElementChild.focus();
  }

  /** Have the chart show a mark, and its legend the bar. */
  #see(index) {
    this.#view.canvas?.point(this.#marks[index].at);
  }

  #onKey(event) {
    if (event.key !== "Escape") return undefined;
    event.preventDefault();
    const item = event.target.closest("li");
    if (event.target !== item.firstElementChild) return item.firstElementChild.focus();
    this.#view.canvas?.pointNowhere();
    return item.closest(".chart-box").focus();
  }
}

function made(id) {
  const [item, button, card] = ["li", "button", "div"].map((name) => document.createElement(name));
  item.dataset.story = id;
  button.type = "button";
  card.className = "chart-card";
  card.hidden = true;
  item.append(button, card);
  return item;
}

function fill(card, stories) {
  if (card.contains(document.activeElement)) return; // somebody reads it
  const rows = stories.slice(-NAMED).reverse().map((story) => row(story));
  const more = stories.length - rows.length;
  if (more > 0) rows.push(text("p", `and ${more} earlier`));
  card.replaceChildren(...rows);
}

function row(story) {
  const { first } = story;
  const line = document.createElement("div");
  const head = document.createElement("p");
  const time = document.createElement("time");
  time.dataset.at = first.received_at;
  const link = text(first.url ? "a" : "b", first.headline);
  if (first.url) Object.assign(link, { href: first.url, target: "_blank", rel: "noopener noreferrer" });
  head.append(time, " ", link);
  const reads = text("span", sentimentText(first));
  mark(reads, "data-reads", first.sentiment_word ?? "");
  const about = document.createElement("small");
  about.append(`${sourceText(story)} · ${first.category} · `, reads, ...remarks(first).map((remark) => ` · ${remark}`));
  line.append(head, about);
  return line;
}

function text(name, words) {
  return Object.assign(document.createElement(name), { textContent: words });
}
