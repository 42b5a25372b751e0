// What the scoreboard and the panel of signals load when one of them is first seen.

import "./score-board.js";
import "./signal-list.js";
