// A page before sign-in: no socket, only comfort.

import "./elements/show-password.js";
import "./elements/theme-toggle.js";
