import { barAt, gather, letterOf, markText } from "../../../static/js/annotations/gathering.js";
import { claim, isTrue, same } from "../claims.js";

const MINUTE = 60_000;
/** Two bars, a night, two bars. */
const bars = [0, 1, 600, 601].map((minute) => ({ time: minute * MINUTE }));
const story = (id, at, more = {}) => ({ id, first: { id, received_at: at, headline: `About ${id}`, ...more } });

claim("a story belongs to the bar in which it came", () => {
  same([0, MINUTE - 1, MINUTE, 2 * MINUTE - 1].map((at) => barAt(bars, at, MINUTE)), [0, 0, 1, 1]);
});

claim("between two bars it belongs to the next, after all of them to the last, before them to none", () => {
  same([2 * MINUTE, 599 * MINUTE, 900 * MINUTE, -1].map((at) => barAt(bars, at, MINUTE)), [2, 2, 3, null]);
  same(barAt([], 0, MINUTE), null);
});

claim("stories of one bar share a mark, and each is in one", () => {
  const stories = [story("a", 5), story("b", 10), story("c", MINUTE), story("d", 601 * MINUTE)];
  same(
    gather(stories, bars, MINUTE).map(({ at, stories: some }) => [at, some.map(({ id }) => id)]),
    [[0, ["a", "b"]], [1, ["c"]], [3, ["d"]]],
  );
});

claim("what came in one night is at the first bar of the morning, together", () => {
  const stories = [story("a", 0), story("b", 100 * MINUTE), story("c", 200 * MINUTE)];
  same(gather(stories, bars, MINUTE).map(({ at, stories: some }) => [at, some.length]), [[0, 1], [2, 2]]);
});

claim("marks that had no room beside each other are one, counted from the first of them", () => {
  const many = Array.from({ length: 10 }, (_, at) => ({ time: at * MINUTE }));
  const stories = many.map(({ time }, at) => story(`s${at}`, time));
  same(gather(stories, many, MINUTE, 4).map(({ at, stories: some }) => [at, some.length]), [[0, 4], [4, 4], [8, 2]]);
});

claim("what came before the first bar has no mark", () => {
  const later = [{ time: 10 * MINUTE }];
  same(gather([story("old", 0), story("new", 10 * MINUTE)], later, MINUTE).map(({ at, stories }) => [at, stories.length]), [[0, 1]]);
});

claim("a letter says what a story is about", () => {
  same(
    ["earnings", "guidance", "m&a", "fda", "other", undefined].map((category) => letterOf({ category })),
    ["E", "G", "M", "R", "N", "N"],
  );
});

claim("a mark in words has the time and the headline, and says how many there are", () => {
  const one = markText([story("a", 0)], 0);
  isTrue(/^\d\d:\d\d:\d\d About a$/.test(one), one);
  const two = markText([story("a", 0), story("b", 1)], 0);
  isTrue(/^2 stories: \d\d:\d\d:\d\d About a; \d\d:\d\d:\d\d About b$/.test(two), two);
});
