// <portfolio-accounts>: each account by our marks and by its venue; the rows are made from the <template> inside it.

import { circumstances, store } from "../core/page.js";
import { direction } from "../core/format.js";
import { balanceVerdict, together } from "../core/freshness.js";
import { accountName } from "./account-names.js";
import { moneyOf, portfolios } from "./rows.js";
import { mark, write } from "../core/render.js";
import { LiveElement } from "../core/live-element.js";

class PortfolioAccounts extends LiveElement {
  get demand() {
    return { topics: ["portfolio", "links"] };
  }

  get hears() {
    return ["portfolio", "balance", "link"];
  }

  paint() {
    const around = circumstances();
    const { accounts } = portfolios(store.all("portfolio"));
    if (accounts.length === 0) return;
    const verdicts = accounts.map(({ link, account }) => balanceVerdict(store.get("balance", link, account), around));
    this.judge(together(verdicts));
    const body = this.querySelector("tbody");
    while (body.rows.length > accounts.length) body.rows[body.rows.length - 1].remove();
    while (body.rows.length < accounts.length) body.append(this.#row());
    accounts.forEach((one, at) => show(body.rows[at], one, around, verdicts[at]));
  }

  #row() {
    return document.importNode(this.querySelector("template").content.querySelector("tr"), true);
  }
}

function show(row, portfolio, { links }, { state }) {
  const { environment, link, account, day_pl: day, open_pl: open } = portfolio;
  row.dataset.account = `${environment}|${link}|${account}`;
  mark(row, "data-state", state);
  const label = links.find((one) => one.link === link)?.label ?? "";
  const texts = { name: accountName(portfolio, links), note: label, ...moneyOf(portfolio) };
  for (const cell of row.querySelectorAll("[data-cell]")) write(cell, texts[cell.dataset.cell]);
  for (const [name, value] of Object.entries({ day_pl: day, open_pl: open })) {
    mark(row.querySelector(`[data-cell="${name}"]`).parentElement, "data-way", direction(value));
  }
}

customElements.define("portfolio-accounts", PortfolioAccounts);
