// A page before sign-in: no socket, only comfort. Whoever was signed in here leaves nothing behind.

import { forget } from "./core/personal-storage.js";
import "./shell/show-password.js";
import "./shell/theme-toggle.js";

forget();
