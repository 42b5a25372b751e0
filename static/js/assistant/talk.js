// A talk: its turns, and what the desk is asked next. Pure.

const MOST_MESSAGES = 99;

export class Talk {
  /** What the desk calls it; null while it keeps none. */
  id = null;
  turns = [];
  /** The number from which on the next question replaces turns; null where it follows them. */
  #before = null;

  /** Whether a turn is still of it. */
  has(turn) {
    return this.turns.includes(turn);
  }

  /** Take a turn and those after it out, for the next question stands in their place; returns them. A folded one stays. */
  cut(turn) {
    const at = this.turns.indexOf(turn);
    const number = turn.number ?? 1 + Math.max(0, ...this.turns.slice(0, at).map((one) => one.number ?? 0));
    this.#before = Math.min(this.#before ?? number, number);
    return this.turns.splice(turn.isFolded ? at + 1 : at);
  }

  /** The body that asks the question of a turn. The desk knows the turns of a talk that it keeps; else they are told. */
  bodyOf(turn) {
    const asked = { role: "user", content: turn.question };
    const earlier = this.turns.slice(0, this.turns.indexOf(turn)).flatMap(messagesOf);
    if (!this.id) return { messages: [...earlier, asked].slice(-MOST_MESSAGES) };
    const before = this.#before === null ? {} : { before: this.#before };
    return { messages: [asked], tapedeck: { conversation: this.id, ...before } };
  }

  /** An answer begins, or ended: `how` is its first event, or what ended it. */
  hear({ kind, status }) {
    if (kind !== "refused") this.#before = null;
    else if (status === 404) this.id = this.#before = null; // it was deleted elsewhere: the turns here are told instead
  }
}

/** The messages of a turn that was answered. */
function messagesOf({ question, text, isCommand, isFolded }) {
  if (!text || isCommand || isFolded) return [];
  return [{ role: "user", content: question }, { role: "assistant", content: text }];
}
