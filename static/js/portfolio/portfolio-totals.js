// <portfolio-totals [environment="…"]>: what all accounts of one environment are worth together; without the attribute,
// of the first that is told.

import { circumstances, store } from "../core/page.js";
import { direction } from "../core/format.js";
import { heldVerdict } from "../core/freshness.js";
import { moneyOf, portfolios, worth } from "./rows.js";
import { mark } from "../core/render.js";
import { LiveElement } from "../core/live-element.js";

class PortfolioTotals extends LiveElement {
  #before = null;

  get demand() {
    return { topics: ["portfolio", "links", "market"] };
  }

  get hears() {
    return ["portfolio", "position", "link"];
  }

  paint() {
    const around = circumstances();
    const { totals } = portfolios(store.all("portfolio"));
    const environment = this.getAttribute("environment");
    const total = environment ? totals.find((one) => one.environment === environment) : totals[0];
    if (!total) return;
    this.setAttribute("environment", total.environment);
    const mine = around.links.filter((one) => one.environment === total.environment).map(({ link }) => link);
    const held = store.all("position").filter(({ link }) => mine.includes(link));
    this.judge(heldVerdict(held, around, total));
    this.toggleAttribute("data-empty", false);
    for (const name of ["day_pl", "open_pl"]) {
      mark(this.cell(name).parentElement, "data-way", direction(total[name]));
    }
    this.show({ ...moneyOf(total), net_liq: worth(total) });
    const value = total.net_liq ?? total.balance;
    this.flash("net_liq", this.#before, value);
    this.#before = value;
  }
}

customElements.define("portfolio-totals", PortfolioTotals);
