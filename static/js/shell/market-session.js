// <market-session>: whether the market is open, and when that changes, in exchange time.

import { circumstances } from "../core/page.js";
import { sessionText } from "./session-text.js";
import { mark } from "../core/render.js";
import { LiveElement } from "../core/live-element.js";

class MarketSession extends LiveElement {
  get demand() {
    return { topics: ["market"] };
  }

  get hears() {
    return ["market"];
  }

  paint() {
    const { market, now } = circumstances();
    mark(this, "data-session", market?.session);
    this.show(sessionText(market, now));
  }
}

customElements.define("market-session", MarketSession);
