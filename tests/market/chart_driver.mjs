// Lets a test drive the joining module of the pages: one question a line, one answer a line. Beside it keeps what a chart
// draws, which is only told of changes, and the values of an indicator that follows them.

import { createInterface } from "node:readline";
import { Candles } from "../../static/js/chart/candles.js";
import { Indicator } from "../../static/js/chart/indicators.js";

let candles;
let drawn;
let indicator;

/** Draw as canvas.js does: growth bar by bar, which must follow or replace what is there; all else anew. */
function draw(change) {
  if (!change) return;
  indicator.update(candles.bars, change.from);
  if (!change.isGrowth || change.from === 0) drawn = [...candles.bars];
  for (let at = change.from; at < candles.bars.length; at += 1) {
    const bar = candles.bars[at];
    if (at > drawn.length || (drawn[at] && drawn[at].time !== bar.time)) throw new Error(`bar ${at} has no place`);
    drawn[at] = bar;
  }
}

const OPS = {
  begin() {
    candles = new Candles();
    drawn = [];
    indicator = new Indicator("ema9");
    return {};
  },
  look({ slot }) {
    const { mustAsk, change } = candles.check(slot ?? undefined);
    draw(change);
    return { mustAsk };
  },
  ask: ({ slot }) => ({ ticket: candles.request(slot ?? undefined) }),
  answer({ ticket, body, slot }) {
    const { change } = candles.answer(ticket, body.candles, body.more, slot ?? undefined);
    draw(change);
    return {};
  },
  told() {
    const whole = new Indicator("ema9");
    whole.update(candles.bars);
    const pairs = (bars) => bars.map(({ time, close }) => [time, close]);
    return { bars: pairs(candles.bars), drawn: pairs(drawn), rows: indicator.rows, whole: whole.rows };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(OPS[asked.op](asked))}\n`);
}
