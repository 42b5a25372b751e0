// <command-palette>: a dialog in which a symbol or the name of what is to be done is typed. Arrows choose, Enter does it.

import { ACTIONS, commands, show } from "./commands.js";
import { store } from "../core/page.js";
import { option } from "../core/format.js";
import { ranked, symbolIn } from "./search.js";

const MOST = 12;

class CommandPalette extends HTMLElement {
  #found = [];
  #at = 0;
  #ofSymbols = false;

  connectedCallback() {
    this.dialog = this.querySelector("dialog");
    this.input = this.querySelector("input");
    this.list = this.querySelector("[role=listbox]");
    document.addEventListener("palette", ({ detail }) => this.#open(detail === "symbol"));
    this.input.addEventListener("input", () => this.#search());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.addEventListener("click", (event) => this.#click(event));
    this.dialog.addEventListener("close", () => this.list.replaceChildren());
  }

  #open(ofSymbols) {
    if (this.dialog.open) return this.dialog.close();
    this.#ofSymbols = ofSymbols;
    this.input.value = "";
    this.input.placeholder = ofSymbols ? "Symbol" : "Symbol or command";
    this.dialog.showModal();
    this.input.focus();
    return this.#search();
  }

  #search() {
    const query = this.input.value;
    const known = store.all("quote").map(({ symbol }) => symbol).filter((symbol) => !option(symbol));
    const typed = symbolIn(query);
    const symbols = ranked(query, [...new Set(known)].map((name) => ({ name, run: () => show(name) })));
    const exact = typed && !known.includes(typed) ? [{ name: typed, note: "show this symbol", run: () => show(typed) }] : [];
    const named = this.#ofSymbols ? [] : ranked(query, commands().filter(({ run }) => run !== ACTIONS.commands.run));
    const isExact = typed && known.includes(typed);
    const all = this.#ofSymbols || isExact ? [...symbols, ...exact, ...named] : [...named, ...symbols, ...exact];
    this.#found = all.slice(0, MOST);
    this.#at = 0;
    this.list.replaceChildren(...this.#found.map((one, at) => made(one, at)));
    this.#mark();
  }

  #mark() {
    const options = [...this.list.children];
    options.forEach((one, at) => one.setAttribute("aria-selected", String(at === this.#at)));
    options[this.#at]?.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", options[this.#at]?.id ?? "");
    this.querySelector(".nothing").hidden = options.length > 0;
  }

  #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Enter") this.#run(this.#found[this.#at]);
    else if (!step || this.#found.length === 0) return;
    else this.#at = (this.#at + step + this.#found.length) % this.#found.length;
    event.preventDefault();
    this.#mark();
  }

  #click(event) {
    const at = [...this.list.children].indexOf(event.target.closest("[role=option]"));
    if (at >= 0) this.#run(this.#found[at]);
    else if (event.target === this.dialog) this.dialog.close();
  }

  /** The dialog gives the focus back first, so that what is done may take it elsewhere. */
  #run(found) {
    if (!found) return;
    this.dialog.close();
    found.run();
  }
}

function made({ name, key, note }, at) {
  const line = document.createElement("li");
  line.id = `palette-${at}`;
  line.setAttribute("role", "option");
  line.append(name);
  const more = key ?? note;
  if (more) {
    const small = document.createElement(key ? "kbd" : "small");
    small.append(more);
    line.append(" ", small);
  }
  return line;
}

customElements.define("command-palette", CommandPalette);
