// A page before sign-in: no socket, only comfort.

import "./shell/show-password.js";
import "./shell/theme-toggle.js";
