// A signed-in page: its elements say what they want, then the socket opens. It gives what programs of the page may use.

import "./radial/atm-greeks.js";
import "./portfolio/balance-list.js";
import "./shell/command-palette.js";
import "./shell/connection-banner.js";
import "./desk/desk-grid.js";
import "./portfolio/fact-tape.js";
import "./shell/feed-badge.js";
import "./shell/link-state.js";
import "./portfolio/live-balance.js";
import "./shell/live-quote.js";
import "./shell/market-session.js";
import "./shell/notice-list.js";
import "./chain/option-chain.js";
import "./portfolio/portfolio-accounts.js";
import "./portfolio/portfolio-positions.js";
import "./portfolio/portfolio-totals.js";
import "./shell/preference-form.js";
import "./chart/price-chart.js";
import "./watchlist/quote-detail.js";
import "./radial/radial-hub.js";
import "./shell/rate-control.js";
import "./shell/show-password.js";
import "./shell/theme-toggle.js";
import "./watchlist/watch-list.js";
import { connection, renderer, start, store } from "./core/page.js";
import { addSheet, loadWhenSeen } from "./core/late-panels.js";
import { show } from "./shell/commands.js";
import { sent } from "./transports/http.js";

connection.inbox.addEventListener("fact", async ({ detail }) => {
  if (detail.code === "order_drafted") (await import("./assistant/order-draft.js")).showDraft(detail);
});
document.addEventListener("assistant", async () => {
  const drawer = document.getElementById("assistant");
  const [{ toggle }] = await Promise.all([import("./assistant/assistant.js"), addSheet(drawer.dataset.sheet)]);
  toggle(drawer, show);
});
document.dispatchEvent(new CustomEvent("desk", { detail: { connection, renderer, sent, store } }));
start();
loadWhenSeen("news-list", () => import("./news/news.js"));
loadWhenSeen("alert-list", () => import("./alerts/alerts.js"));
loadWhenSeen("chart-annotations", () => import("./annotations/chart-annotations.js"));
if (document.querySelector("order-draft")) import("./assistant/order-draft.js");
if (document.querySelector("status-tables")) import("./status/status.js");
loadWhenSeen("score-board", () => import("./signals/scoreboard.js"));
loadWhenSeen("signal-list", () => import("./signals/scoreboard.js"));
loadWhenSeen("push-device", () => import("./alerts/push-device.js"));

export { ChartCanvas } from "./chart/canvas.js";
export { connection, renderer, sent, store };
