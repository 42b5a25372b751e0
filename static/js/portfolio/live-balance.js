// <live-balance [link="…"] [account="…"] [primary]>: one account's money; without attributes, the first account's.
// `account` may be masked. With `primary` only the default account's balance is asked for.

import { circumstances, store } from "../core/page.js";
import { age, arrow, change, direction, money } from "../core/format.js";
import { balanceVerdict } from "../core/freshness.js";
import { accountName, mask } from "./account-names.js";
import { mark } from "../core/render.js";
import { LiveElement } from "../core/live-element.js";

class LiveBalance extends LiveElement {
  #before = null;

  get demand() {
    return { topics: [this.hasAttribute("primary") ? "balance" : "portfolio", "links"] };
  }

  get hears() {
    return ["balance", "link"];
  }

  get #slot() {
    const [link, account] = [this.getAttribute("link"), this.getAttribute("account")];
    const isMine = (one) =>
      (!link || one.link === link) && (!account || [one.account, mask(one.account)].includes(account));
    return store.all("balance").find(isMine);
  }

  paint() {
    const around = circumstances();
    const slot = this.#slot;
    const link = slot && store.get("link", slot.link);
    this.judge(balanceVerdict(slot, around));
    this.toggleAttribute("data-empty", !slot);
    mark(this, "data-way", direction(slot?.day_pl));
    this.show({
      account: slot ? accountName(slot, around.links) : "",
      currency: slot?.currency ?? "",
      balance: money(slot?.balance),
      cash: money(slot?.cash),
      buying_power: money(slot?.buying_power),
      day_arrow: arrow(slot?.day_pl),
      day_pl: change(slot?.day_pl),
      source: link?.label ?? "",
      age: age(slot && around.now - slot.at),
    });
    this.flash("balance", this.#before, slot?.balance);
    this.#before = slot?.balance;
  }
}

customElements.define("live-balance", LiveBalance);
