// A signed-in page: its elements say what they want, then the socket opens.

import "./elements/balance-list.js";
import "./elements/command-palette.js";
import "./elements/connection-banner.js";
import "./elements/copy-diagnostics.js";
import "./elements/feed-badge.js";
import "./elements/link-state.js";
import "./elements/live-balance.js";
import "./elements/live-quote.js";
import "./elements/market-session.js";
import "./elements/notice-list.js";
import "./elements/preference-form.js";
import "./elements/rate-control.js";
import "./elements/show-password.js";
import "./elements/socket-panel.js";
import "./elements/status-tables.js";
import "./elements/theme-toggle.js";
import { start } from "./desk.js";

start();
