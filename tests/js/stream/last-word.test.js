import { isWord, LastWord, SILENT_MS } from "../../../static/js/stream/last-word.js";
import { claim, same } from "../claims.js";

const WALL = 1_700_000_000_000;

function heard() {
  const word = new LastWord();
  word.onReceived(1_000, WALL, WALL - 7);
  return word;
}

claim("silence begins with the last word, and is none before the first", () => {
  same(new LastWord().silence(99_000, WALL), 0);
  same(heard().silence(1_000 + SILENT_MS, WALL + SILENT_MS), SILENT_MS);
  same(heard().at, WALL - 7);
});

claim("a laptop's sleep counts, which its own counter leaves out", () => {
  same(heard().silence(1_200, WALL + 3_600_000), 3_600_000);
});

claim("a clock that was set back hides no silence", () => {
  same(heard().silence(1_000 + SILENT_MS, WALL - 3_600_000), SILENT_MS);
});

claim("only what the owner of the board has a part in is their word", () => {
  const words = [{ type: "frame" }, { type: "beat" }, { type: "welcome" }, { type: "level", isFed: true }];
  const others = [{ type: "level", isFed: false }, { type: "heartbeat" }, { type: "pong" }, { type: "feed" }, { type: "error" }];
  same(words.map(isWord), [true, true, true, true]);
  same(others.map(isWord), [false, false, false, false, false]);
});
