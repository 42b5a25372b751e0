// The elements of the portfolio's page; main.js, which comes after, connects them.

import "./elements/fact-tape.js";
import "./elements/portfolio-accounts.js";
import "./elements/portfolio-positions.js";
import "./elements/portfolio-totals.js";
