// Base of the elements that are about one symbol, which is their attribute: they watch its quote.

import { slotName } from "../stream/store.js";
import { LiveElement } from "./live-element.js";

export class SymbolElement extends LiveElement {
  get symbol() {
    return this.getAttribute("symbol");
  }

  get demand() {
    return { quotes: [this.symbol], topics: ["links", "market"] };
  }

  get hears() {
    return [slotName("quote", this.symbol), "link", "market"];
  }
}
