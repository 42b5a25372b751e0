// <balance-list>: one <live-balance> per account, made from the <template> inside it.

import { store } from "../core/page.js";
import { LiveElement } from "../core/live-element.js";

class BalanceList extends LiveElement {
  #names = "";

  get hears() {
    return ["balance"];
  }

  paint() {
    const slots = store.all("balance");
    const names = slots.map(({ link, account }) => `${link}|${account}`).join(" ");
    if (names === this.#names || slots.length === 0) return;
    this.#names = names;
    const template = this.querySelector("template");
    for (const old of this.querySelectorAll("live-balance")) old.remove();
    for (const { link, account } of slots) this.append(made(template, link, account));
  }
}

function made(template, link, account) {
  const balance = template.content.firstElementChild.cloneNode(true);
  balance.setAttribute("link", link);
  balance.setAttribute("account", account);
  return document.importNode(balance, true);
}

customElements.define("balance-list", BalanceList);
