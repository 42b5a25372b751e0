// Parts of the scoreboard as the server makes them. They come as a document: nothing in it runs, and no text is made
// into markup here.

import { fetched } from "../transports/http.js";

/** How long the server may take to make a part (ms). */
const PART_MS = 15_000;
/** How long it may take to say when the learner ran (ms). */
const ANSWER_MS = 5_000;

/** Ask for a part of /learning. Resolves to its elements; null when nothing answers, or something else does. */
export function fetchPart(query) {
  return new Promise((done) => {
    const asked = new XMLHttpRequest();
    asked.open("GET", `/learning?${new URLSearchParams(query)}`);
    asked.responseType = "document";
    asked.timeout = PART_MS;
    asked.addEventListener("loadend", () => {
      const isPart = asked.status === 200 && asked.response?.querySelector(".score-evidence, signal-list");
      done(isPart ? [...document.importNode(asked.response.body, true).children] : null);
    });
    asked.send();
  });
}

/** Ask when the learner ran last, in ms. Resolves to null when nothing answers. */
export async function fetchRan() {
  const answer = await fetched("/learning/status", { signal: AbortSignal.timeout(ANSWER_MS) });
  return answer?.body?.ran_at ?? null;
}

/** Write every time of a part in the person's own zone. */
export function writeTimes(element, write) {
  for (const time of element.querySelectorAll("time[data-at]")) write(time, Number(time.dataset.at));
}
