// The answer of POST /chat/complete as the drawer takes it: lines of a stream, then the events that each chunk carries.
// Pure.

/** Take the `data` of a stream of events out of its text, part by part. */
export class EventLines {
  #open = "";

  /** The data of each event that ends in this part of the text. Comments are left out. */
  read(text) {
    const lines = (this.#open + text).split(/\r\n|\n|\r(?!$)/);
    this.#open = lines.pop();
    return lines.filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trim());
  }
}

/**
 * The events of one chunk, in order: {kind, …}. Kinds of the desk's own are those of docs/protocol.md; beside them
 * `words` ({text}), `finish` ({reason}) and `error` ({code, detail}). Unknown chunks have none.
 */
export function eventsOf(chunk) {
  if (chunk?.error) return [{ kind: "error", code: chunk.error.code ?? "", detail: chunk.error.message ?? "" }];
  const [choice] = chunk?.choices ?? [];
  const found = [];
  if (chunk?.tapedeck?.kind) found.push(chunk.tapedeck);
  else if (choice?.delta?.content) found.push({ kind: "words", text: choice.delta.content });
  if (choice?.finish_reason) found.push({ kind: "finish", reason: choice.finish_reason });
  return found;
}
