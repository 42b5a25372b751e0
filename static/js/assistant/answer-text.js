// The pieces of an answer as one text: what is more than words is one character of the private use area, so that a text
// can be laid out around it. Pure.

const FIRST = 0xe000;
const LAST = 0xf8ff;
const MARKS = /([\uE000-\uF8FF])/;
const FOREIGN = /[\uE000-\uF8FF]/g;
const END = /([.!?…]["”’)\]]*)(?=\s)|(\n+)/;

/** Pieces that are shown as something else than words, by kind. */
const SHOWN = new Set(["number", "unverified", "withheld", "warning"]);

/**
 * The text of `pieces` ({kind, text, …}) and what its marks stand for: {text, parts}. Each sentence with bound numbers
 * ends in a part {kind: "source", calls}; the last sentence of an answer that goes on (`isOpen`) does not yet.
 */
export function laidOut(pieces, isOpen) {
  const parts = [];
  let calls = new Set();
  const marked = (part) => {
    if (FIRST + parts.length > LAST) return part.text ?? "";
    parts.push(part);
    return String.fromCharCode(FIRST + parts.length - 1);
  };
  const source = () => {
    const found = calls;
    calls = new Set();
    return found.size ? marked({ kind: "source", calls: [...found] }) : "";
  };
  const text = pieces.map((piece) => {
    if (piece.kind === "number") calls.add(piece.call);
    if (piece.kind === "warning") return `\n\n${marked(piece)}\n\n`;
    return SHOWN.has(piece.kind) ? marked(piece) : cited(piece.text.replace(FOREIGN, ""), source);
  });
  return { text: text.join("") + (isOpen ? "" : source()), parts };
}

/** Words with the source of each sentence behind its end. */
function cited(words, source) {
  const found = END.exec(words);
  if (!found) return words;
  const end = found.index + (found[1]?.length ?? 0);
  return words.slice(0, end) + source() + words.slice(end, end + 1) + cited(words.slice(end + 1), source);
}

/** A text as texts and the parts that its marks stand for. */
export const split = (text, parts) =>
  text
    .split(MARKS)
    .filter(Boolean)
    .map((one) => (MARKS.test(one) ? parts[one.charCodeAt(0) - FIRST] : one));

/** What somebody hears or copies of pieces: their words, without what was struck out. */
export const spoken = (pieces) => pieces.map(({ kind, text = "" }) => SAID[kind] ?? text).join("");

const SAID = { unverified: "(a number that is not from your data)", warning: "" };
