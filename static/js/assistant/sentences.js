// Whole sentences of a text that grows, for who listens to the page: never a part of one, and not too often. Pure.

/** Least time between two of them (ms). */
const PAUSE_MS = 3_000;
const WHOLE = /^[\s\S]*[.!?…]["”’)\]]*(?=\s)|^[\s\S]*\n(?=\s*\S)/;

export class Sentences {
  #told = 0;
  #at = -Infinity;

  /** The sentences that ended since the last ones, in one text; empty where there are none, or it is too soon. */
  take(text, now) {
    if (now - this.#at < PAUSE_MS) return "";
    const [whole = ""] = WHOLE.exec(text.slice(this.#told)) ?? [];
    if (!whole.trim()) return "";
    this.#told += whole.length;
    this.#at = now;
    return plain(whole);
  }

  /** What is left at the end. */
  rest(text) {
    const left = text.slice(this.#told);
    this.#told = text.length;
    return plain(left);
  }
}

/** Without the marks of Markdown. */
const plain = (text) => text.replace(/[*_`#|~>]+/g, "").replace(/\s+/g, " ").trim();

/** As much of a text as is whole sentences. */
export const wholeSentences = (text) => (WHOLE.exec(text) ?? [""])[0];
