import { blocks } from "../../../static/js/assistant/markdown.js";
import { claim, isTrue, same } from "../claims.js";

const written = (tree) => tree.map((one) => (typeof one === "string" ? one : `<${one.tag}>${written(one.children)}</${one.tag}>`)).join("");

claim("paragraphs, headings, lists, quotes, code and tables are blocks", () => {
  same(written(blocks("One\ntwo\n\n# Three\n#### Four")), "<p>One\ntwo</p><h3>Three</h3><h5>Four</h5>");
  same(written(blocks("- a\n- b\n  c\n1. d\n2) e\n---")), "<ul><li>a</li><li>b\nc</li></ul><ol><li>d</li><li>e</li></ol><hr></hr>");
  same(written(blocks("> a\n> **b**\nc")), "<blockquote>a\n<strong>b</strong></blockquote><p>c</p>");
  same(written(blocks("```js\n# a **b**\n```\nc")), "<pre><code># a **b**</code></pre><p>c</p>");
  same(written(blocks("```\nnot closed")), "<pre><code>not closed</code></pre>");
  const table = "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td><em>2</em></td></tr></tbody></table>";
  same(written(blocks("| a | b |\n|---|--:|\n| 1 | *2* |\n\nc")), `${table}<p>c</p>`);
});

claim("emphasis, code and struck words are inside a block, and a sign alone is a sign", () => {
  same(written(blocks("**a _b_** `**c**` ~~d~~ \\*e\\* snake_case_name 2 * 3 * 4")), "<p><strong>a <em>b</em></strong> <code>**c**</code> <s>d</s> *e* snake_case_name 2 * 3 * 4</p>");
  same(written(blocks("**open")), "<p>**open</p>");
});

claim("links, pictures and markup stay the text that they are", () => {
  const hostile = '![x](https://x.example/1) [y](javascript:alert(1)) <img src=x> <https://x.example> https://x.example/92181';
  same(written(blocks(hostile)), `<p>${hostile}</p>`);
});

claim("a text of any kind is laid out, whole; one that is too long as it is", () => {
  const signs = ["*", "_", "`", "~", "|", "\n", "-", "#", ">", "a", " ", "```", "1.", "\\"];
  let seed = 7;
  const random = (most) => (seed = (seed * 48_271) % 2_147_483_647) % most;
  for (let turn = 0; turn < 300; turn += 1) {
    const text = Array.from({ length: random(60) }, () => signs[random(signs.length)]).join("");
    const letters = (one) => one.split("a").length - 1;
    same(letters(written(blocks(text)).replaceAll(/<[^>]*>/g, "")), letters(text.replaceAll(/^ {0,3}```.*/gm, (line) => (/^ {0,3}```/.test(line) ? line.replaceAll("a", "") : line))));
  }
  isTrue(written(blocks("*a ".repeat(6_000))).length > 18_000);
  same(blocks("*a* ".repeat(2_000_000))[0].tag, "pre");
});
