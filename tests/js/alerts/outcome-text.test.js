import { outcomeText } from "../../../static/js/alerts/outcome-text.js";
import { clock } from "../../../static/js/core/format.js";
import { claim, same } from "../claims.js";

const NOW = Date.UTC(2026, 10, 23, 19, 31, 7);
const SENT = { name: "push", state: "sent", attempts: 1, due: null, count: 1, sent_at: NOW - 5_000, shown_at: null, reason: null };

claim("what was taken says when, and when it was shown", () => {
  same(outcomeText(SENT, NOW), `push ${clock(NOW - 5_000)}`);
  same(outcomeText({ ...SENT, state: "shown", shown_at: NOW - 4_000 }, NOW), `push ${clock(NOW - 5_000)}, receipt ${clock(NOW - 4_000)}`);
  same(outcomeText({ ...SENT, count: 37 }, NOW), `push ${clock(NOW - 5_000)}, one message for 37`);
});

claim("what waits says for what", () => {
  const waits = { ...SENT, name: "mail", state: "waiting", attempts: 0, sent_at: null, due: NOW - 1 };
  same(outcomeText(waits, NOW), "mail waits");
  same(outcomeText({ ...waits, attempts: 1, due: NOW + 60_000 }, NOW), `mail waits, try 2 at ${clock(NOW + 60_000)}`);
  same(outcomeText({ ...waits, due: NOW + 60_000 }, NOW), `mail waits until ${clock(NOW + 60_000)}`);
});

claim("what was given up says that nobody tries again, and why", () => {
  const over = { ...SENT, name: "mail", state: "gave_up", attempts: 0, sent_at: null };
  same(outcomeText(over, NOW), "mail was not delivered; it is not tried again");
  same(outcomeText({ ...over, attempts: 9, reason: "it answers 503" }, NOW), "mail was not delivered after 9 tries; it is not tried again: it answers 503");
});
