// A signed-in page: its elements say what they want, then the socket opens. It gives what programs of the page may use.

import "./elements/atm-greeks.js";
import "./elements/balance-list.js";
import "./elements/command-palette.js";
import "./elements/connection-banner.js";
import "./elements/copy-diagnostics.js";
import "./elements/desk-grid.js";
import "./elements/fact-tape.js";
import "./elements/feed-badge.js";
import "./elements/link-state.js";
import "./elements/live-balance.js";
import "./elements/live-quote.js";
import "./elements/market-session.js";
import "./elements/notice-list.js";
import "./elements/option-chain.js";
import "./elements/portfolio-accounts.js";
import "./elements/portfolio-positions.js";
import "./elements/portfolio-totals.js";
import "./elements/preference-form.js";
import "./elements/price-chart.js";
import "./elements/quote-detail.js";
import "./elements/radial-hub.js";
import "./elements/rate-control.js";
import "./elements/show-password.js";
import "./elements/socket-panel.js";
import "./elements/status-tables.js";
import "./elements/theme-toggle.js";
import "./elements/watch-list.js";
import { connection, renderer, start, store } from "./desk.js";
import { sent } from "./site.js";

document.dispatchEvent(new CustomEvent("desk", { detail: { connection, renderer, sent, store } }));
start();

export { ChartCanvas } from "./chart-canvas.js";
export { connection, renderer, sent, store };
