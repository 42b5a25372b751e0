import { barTime, barZone, countdown, exchangeDay, hasSessions, isRegular, outside, tick, useBarZone } from "../../../static/js/chart/sessions.js";
import { claim, isTrue, same } from "../claims.js";

const at = (text) => Date.parse(text);
const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;

claim("the regular session is from half past nine to four in New York, in summer and in winter", () => {
  for (const [summer, winter] of [["13:29", "14:29"], ["20:00", "21:00"]]) {
    isTrue(!isRegular(at(`2026-07-01T${summer}Z`)) && !isRegular(at(`2026-12-01T${winter}Z`)));
  }
  for (const [summer, winter] of [["13:30", "14:30"], ["19:59", "20:59"]]) {
    isTrue(isRegular(at(`2026-07-01T${summer}Z`)) && isRegular(at(`2026-12-01T${winter}Z`)));
  }
});

claim("it ends at one on the days after Thanksgiving and before Independence Day and Christmas", () => {
  for (const day of ["2024-11-29", "2025-11-28", "2026-11-27", "2026-12-24"])
    isTrue(isRegular(at(`${day}T17:59Z`)) && !isRegular(at(`${day}T18:00Z`)), day);
  isTrue(isRegular(at("2025-07-03T16:59Z")) && !isRegular(at("2025-07-03T17:00Z")));
  for (const day of ["2026-11-20", "2026-11-25", "2026-12-23", "2026-12-31"]) isTrue(isRegular(at(`${day}T18:00Z`)), day);
});

claim("stretches outside it are shaded, of what has sessions and where bars are shorter than days", () => {
  const bars = [9, 9.25, 9.5, 10, 15.75, 16, 16.25].map((hour) => ({ time: at("2026-07-01T04:00Z") + hour * 60 * MINUTE }));
  same(outside(bars, "QQQ", 15 * MINUTE), [[0, 1], [5, 6]]);
  same(outside(bars, "QQQ", 60 * MINUTE), [[5, 6]], "an hour's bar that holds the open is of the session");
  same(outside(bars, "/ESZ6", 15 * MINUTE), []);
  same(outside(bars, "QQQ", DAY), []);
  same(["QQQ", "SPX", "/ESZ6", "BTC/USD"].map(hasSessions), [true, true, false, false]);
});

claim("times are the exchange's, days are days, and midnight is where New York has it", () => {
  same(barTime(at("2026-11-20T19:35Z"), 5 * MINUTE), "20 Nov 14:35");
  same(barTime(at("2026-07-01T03:59Z"), MINUTE), "30 Jun 23:59");
  same(barTime(at("2026-11-20T00:00Z"), DAY), "20 Nov 2026");
  same([0, 1, 2, 3].map((kind) => tick(at("2026-11-20T19:35Z"), kind, MINUTE)), ["2026", "Nov", "20", "14:35"]);
  isTrue(exchangeDay(at("2026-11-21T04:59Z")) + 1 === exchangeDay(at("2026-11-21T05:00Z")));
  const change = [at("2026-11-01T05:59Z"), at("2026-11-01T06:00Z")].map((time) => barTime(time, MINUTE));
  same(change, ["1 Nov 01:59", "1 Nov 01:00"], "an hour comes twice when summer ends");
});

claim("a bar counts down to its end and then says nothing", () => {
  same([0, 53_000, 299_500, 300_000].map((now) => countdown(0, 5 * MINUTE, now)), ["5:00", "4:07", "0:01", ""]);
  same(countdown(0, 60 * MINUTE, -3_723_000), "2:02:03");
});

claim("times are written on the clock that was chosen, and days stay days", () => {
  const time = at("2026-07-01T12:00Z");
  isTrue(useBarZone("utc") && !useBarZone("utc"));
  same([barTime(time, MINUTE), barTime(at("2026-07-01"), DAY), barZone()], ["1 Jul 12:00", "1 Jul 2026", "UTC"]);
  useBarZone("local");
  const local = new Date(time);
  same(barTime(time, MINUTE).slice(-5), `${String(local.getHours()).padStart(2, "0")}:${String(local.getMinutes()).padStart(2, "0")}`);
  useBarZone("no such zone");
  same(barZone(), "your time");
  useBarZone("exchange");
  same(barTime(time, MINUTE), "1 Jul 08:00");
});
