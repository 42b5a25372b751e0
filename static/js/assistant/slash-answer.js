// Answers a slash command: calls its tool without a model, and shows what came back as a table.

import { clock } from "../core/page.js";
import { sent } from "../transports/http.js";
import { made } from "./elements.js";
import { tableOf } from "./result-table.js";
import { isPublicTool } from "./trace-text.js";

const AWAY = "The desk does not answer. Try again.";

/** Call the tool of `command` {tool, title, arguments} and show it in `view`. Resolves to how that ended. */
export async function run(view, { tool, title, arguments: given }) {
  view.take({ kind: "asked", call: 1, tool, title, arguments: given });
  const begun = performance.now();
  const answer = await sent("POST", "/chat/tools", { tool, arguments: given });
  const { value, is_error: isError = true } = answer?.body ?? {};
  const detail = isError ? (value?.detail ?? answer?.body?.error?.message ?? AWAY) : "";
  const table = isError ? null : tableOf(value);
  const took = performance.now() - begun;
  view.take({ kind: "answered", call: 1, rows: table?.rows.length, took_ms: took, is_error: isError, detail });
  if (isError) return { kind: "refused", detail };
  view.place(...shown(table, title, isPublicTool(tool)));
  return { kind: "finish", reason: "stop", at: clock.now() };
}

function shown({ facts, columns, rows }, title, isPublic) {
  const cell = (name) => (text) => made(name, { className: isPublic ? "" : "mine" }, text);
  const fact = ([name, text]) => made("div", {}, made("dt", {}, name), cell("dd")(text));
  const list = made("dl", { className: "result-facts" }, ...facts.map(fact));
  if (!rows.length) return [list, made("p", { className: "muted" }, "Nothing is there.")];
  const head = made("tr", {}, ...columns.map((name) => made("th", { scope: "col" }, name)));
  const line = ([first, ...others]) => made("tr", {}, made("th", { scope: "row" }, first), ...others.map(cell("td")));
  const table = made("table", {}, made("thead", {}, head), made("tbody", {}, ...rows.map(line)));
  const about = { className: "table-box", tabIndex: 0, role: "region", ariaLabel: `Table: ${title}` };
  return [...(facts.length ? [list] : []), made("div", about, table)];
}
