// What can be done on this page by name or by key.

import { focused, focusSymbol } from "../core/focus.js";
import { prefer, preference } from "../core/preferences.js";

const open = (id) => document.getElementById(id).showModal();
const desk = () => document.querySelector("desk-grid");
const drawer = () => document.getElementById("assistant");
const cells = () => [...document.querySelectorAll(".cell")].filter((cell) => cell.offsetParent);

/** Actions by name. A `key` is a single key, which people can switch off; `when` says whether there is such a thing here. */
export const ACTIONS = {
  commands: { name: "Commands", run: () => dispatch("palette", "") },
  symbol: { name: "Find a symbol", key: "/", run: () => dispatch("palette", "symbol") },
  keys: { name: "Keyboard shortcuts", key: "?", run: () => open("keys") },
  preferences: { name: "Preferences", key: ",", run: () => open("preferences") },
  notices: { name: "Notifications", key: "n", run: () => document.getElementById("notices").togglePopover() },
  alert: { name: "New alert on the symbol in focus", key: "a", run: () => newAlert() },
  assistant: { name: "Assistant", key: "i", when: drawer, run: () => dispatch("assistant") },
  arrange: { name: "Arrange panels", key: "e", when: desk, run: () => dispatch("arrange") },
  reset: { name: "Reset the layout", when: desk, run: () => dispatch("reset-layout") },
  private: { name: "Privacy mode: hide or show money", key: "h", run: () => prefer("private", !preference("private")) },
  dense: {
    name: "Density: calm or dense",
    run: () => prefer("density", preference("density") === "dense" ? "calm" : "dense"),
  },
  dark: { name: "Colours of the page: dark", run: () => prefer("theme", "dark") },
  light: { name: "Colours of the page: light", run: () => prefer("theme", "light") },
};

/** Open the form where there is a panel of alerts, else on their page. */
function newAlert() {
  const list = document.querySelector("alert-list");
  if (!list) return location.assign(`/alerts/?symbol=${encodeURIComponent(focused() ?? "")}&new=1`);
  list.scrollIntoView({ block: "nearest" }); // it is loaded when it is seen
  return customElements.whenDefined("alert-list").then(() => dispatch("new-alert", { symbol: focused() ?? "" }));
}

const dispatch = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

/** The actions there are on this page, then its panels and the other pages: [{name, key, run}]. */
export function commands() {
  const actions = Object.values(ACTIONS).filter(({ when }) => !when || when());
  const panels = cells().map((cell, at) => ({
    name: `Go to ${cell.getAttribute("aria-label")}`,
    key: at < 9 ? String(at + 1) : undefined,
    run: () => goTo(cell),
  }));
  const pages = [...document.querySelectorAll(".rail a")].map((link) => ({
    name: `Open ${link.textContent.trim()}`,
    run: () => location.assign(link.href),
  }));
  return [...actions, ...panels, ...pages];
}

function goTo(cell) {
  cell.setAttribute("tabindex", "-1");
  cell.focus();
  cell.scrollIntoView({ block: "nearest" });
}

/** Make the page be about a symbol; where no panel could show that, open the desk with it. */
export function show(symbol) {
  if (desk()) focusSymbol(symbol);
  else location.assign(`/?symbol=${encodeURIComponent(symbol)}`);
}

const FIELDS = "input, textarea, select, [contenteditable]";

/** Whether keys go into a text here. */
const isTyping = (target) => target.matches?.(FIELDS) && !["radio", "checkbox", "button"].includes(target.type);

function press(event) {
  if (event.defaultPrevented || event.repeat) return;
  const isChord = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k";
  if (!isChord && !isSingle(event)) return;
  const found = isChord ? ACTIONS.commands : commands().find(({ key }) => key === event.key);
  if (!found) return;
  event.preventDefault();
  found.run();
}

const isSingle = (event) =>
  preference("keys") &&
  !event.ctrlKey &&
  !event.metaKey &&
  !event.altKey &&
  !isTyping(event.target) &&
  !document.querySelector("dialog[open]");

document.addEventListener("keydown", press);
document.addEventListener("click", (event) => {
  const name = event.target.closest?.("[data-command]")?.dataset.command;
  if (name) ACTIONS[name].run();
});
