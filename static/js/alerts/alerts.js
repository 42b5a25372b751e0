// What the panel of alerts loads when it is first seen.

import "./alert-list.js";
import "./venue-alerts.js";

export { follow } from "./outcomes.js";
