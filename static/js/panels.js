// The panels of the desk; main.js, which comes after, connects them.

import "./chart.js";
import "./market.js";
import "./portfolio.js";
import "./elements/desk-grid.js";
