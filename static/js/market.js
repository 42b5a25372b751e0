// The elements of the market's pages; main.js, which comes after, connects them.

import "./elements/atm-greeks.js";
import "./elements/radial-hub.js";
import "./elements/option-chain.js";
import "./elements/quote-detail.js";
import "./elements/watch-list.js";
