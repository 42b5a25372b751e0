// What an answer's text looks like: a small Markdown, as trees of {tag, children}, never as markup. Links, pictures and
// everything else stay the text that they are. Pure.

/** Longer answers are shown as they are (characters). */
const LONGEST = 20_000;
const FENCE = /^ {0,3}```/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*$/;
const ITEM = /^ {0,3}(?:[-*+•]|(\d{1,3})[.)])\s+(.*)$/;
const QUOTE = /^ {0,3}> ?(.*)$/;
const RULE = /^ {0,3}(?:(?:-\s*){3,}|(?:\*\s*){3,}|(?:_\s*){3,})$/;
const DASHES = /^ {0,3}\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;
const INLINE =
  /`([^`]+)`|\*\*(?=\S)([^*]+?)\*\*|~~(?=\S)([^~]+?)~~|\*(?=\S)([^*]+?)\*|(?<!\w)_(?=\S)([^_]+?)_(?!\w)|\\([\\`*_~|#>-])/;
const TAGS = [, "code", "strong", "s", "em", "em"];

const element = (tag, ...children) => ({ tag, children });

/** The blocks of a text: [{tag, children}], whose leaves are texts. */
export function blocks(text) {
  if (text.length > LONGEST) return [element("pre", text)];
  const lines = text.split("\n");
  const found = [];
  for (let at = 0; at < lines.length; ) {
    const [block, next] = blockAt(lines, at);
    if (block) found.push(block);
    at = next;
  }
  return found;
}

/** The block that begins with a line, and the line after it. */
function blockAt(lines, at) {
  const line = lines[at];
  if (!line.trim()) return [null, at + 1];
  if (FENCE.test(line)) return fenced(lines, at);
  const [, hashes, title] = HEADING.exec(line) ?? [];
  if (hashes) return [element(`h${Math.min(5, hashes.length + 2)}`, ...inline(title)), at + 1];
  if (RULE.test(line)) return [element("hr"), at + 1];
  if (ITEM.test(line)) return listed(lines, at);
  if (QUOTE.test(line)) return quoted(lines, at);
  if (line.includes("|") && DASHES.test(lines[at + 1] ?? "")) return tabled(lines, at);
  return paragraph(lines, at);
}

function fenced(lines, at) {
  let end = at + 1;
  while (end < lines.length && !FENCE.test(lines[end])) end += 1;
  return [element("pre", element("code", lines.slice(at + 1, end).join("\n"))), end + 1];
}

function listed(lines, at) {
  const isOrdered = Boolean(ITEM.exec(lines[at])[1]);
  const items = [];
  for (; at < lines.length && lines[at].trim() && !RULE.test(lines[at]); at += 1) {
    const item = ITEM.exec(lines[at]);
    if (item && Boolean(item[1]) !== isOrdered) break;
    if (item) items.push([item[2]]);
    else items.at(-1).push(lines[at].trim());
  }
  return [element(isOrdered ? "ol" : "ul", ...items.map((texts) => element("li", ...inline(texts.join("\n"))))), at];
}

function quoted(lines, at) {
  const texts = [];
  for (; at < lines.length && QUOTE.test(lines[at]); at += 1) texts.push(QUOTE.exec(lines[at])[1]);
  return [element("blockquote", ...inline(texts.join("\n"))), at];
}

function tabled(lines, at) {
  const rows = [];
  for (let row = at; row < lines.length && lines[row].includes("|"); row += row === at ? 2 : 1) rows.push(cells(lines[row]));
  const line = (tag) => (texts) => element("tr", ...texts.map((text) => element(tag, ...inline(text))));
  const [head, ...body] = rows;
  const table = element("table", element("thead", line("th")(head)), element("tbody", ...body.map(line("td"))));
  return [table, at + rows.length + 1];
}

const cells = (line) =>
  line
    .trim()
    .replace(/^\||\|$/g, "")
    .split("|")
    .map((text) => text.trim());

function paragraph(lines, at) {
  const first = at;
  do at += 1;
  while (at < lines.length && lines[at].trim() && ![FENCE, HEADING, ITEM, QUOTE, RULE].some((kind) => kind.test(lines[at])));
  return [element("p", ...inline(lines.slice(first, at).join("\n"))), at];
}

/** The parts of a line of text: texts and {tag, children}. */
function inline(text) {
  const found = INLINE.exec(text);
  if (!found) return text ? [text] : [];
  const kind = found.findIndex((part, at) => at > 0 && part !== undefined);
  const before = text.slice(0, found.index);
  const inner = kind === 1 || kind === 6 ? [found[kind]] : inline(found[kind]);
  const part = kind === 6 ? inner : [element(TAGS[kind], ...inner)];
  return [...(before ? [before] : []), ...part, ...inline(text.slice(found.index + found[0].length))];
}
