// What the status page loads beside what every page has.

import "./copy-diagnostics.js";
import "./socket-panel.js";
import "./status-tables.js";
