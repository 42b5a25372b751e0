// Which bar a story belongs to, and which stories share a mark. Pure.

import { moment } from "../core/format.js";

const LETTERS = { fda: "R", "m&a": "M", other: "N" };

/** The letter of a mark: that of what the story is about. */
export const letterOf = ({ category }) => LETTERS[category] ?? (category?.[0] ?? "n").toUpperCase();

/**
 * The index of the bar in which `at` (ms) is; between two bars, of the next one, which is the first that can show what
 * it did; after all of them, of the last. Null before the first bar, and where there are none. None before `from` is
 * looked at.
 */
export function barAt(bars, at, length, from = 0) {
  let next = from;
  while (next < bars.length && bars[next].time <= at) next += 1;
  if (next === 0) return null;
  const isWithin = at < bars[next - 1].time + length;
  return isWithin || next === bars.length ? next - 1 : next;
}

/**
 * The marks of `stories` ({id, first}, the oldest first) over bars of `length` ms: [{at: index of a bar, stories}, …],
 * from left to right. A mark takes `room` bars: stories that come closer than that to the first of a mark share it.
 */
export function gather(stories, bars, length, room = 1) {
  const marks = [];
  for (const story of stories) {
    const last = marks.at(-1);
    const at = barAt(bars, story.first.received_at, length, last?.at);
    if (at === null) continue;
    if (last && at - last.at < room) last.stories.push(story);
    else marks.push({ at, stories: [story] });
  }
  return marks;
}

/** A mark in words: when and what, and how many there are. */
export function markText(stories, now) {
  const said = stories.map(({ first }) => `${moment(first.received_at, now)} ${first.headline}`).join("; ");
  return stories.length > 1 ? `${stories.length} stories: ${said}` : said;
}
