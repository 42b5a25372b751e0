import { EventLines, eventsOf } from "../../../static/js/assistant/event-stream.js";
import { claim, same } from "../claims.js";

claim("a stream is read in any parts, and its comments and blanks are left out", () => {
  const text = ': keep\r\n\r\ndata: {"a":1}\n\ndata:{"b":"x\\ny"}\r\n\r\ndata: [DONE]\n\n';
  const wanted = ['{"a":1}', '{"b":"x\\ny"}', "[DONE]"];
  for (let size = 1; size <= text.length; size += 1) {
    const lines = new EventLines();
    const found = [];
    for (let at = 0; at < text.length; at += size) found.push(...lines.read(text.slice(at, at + size)));
    same(found, wanted);
  }
});

claim("a chunk is words, or what the desk adds to them, and an error is one", () => {
  const chunk = (delta, more = {}) => ({ choices: [{ delta, finish_reason: null }], ...more });
  same(eventsOf(chunk({ role: "assistant", content: "" })), []);
  same(eventsOf(chunk({ content: "QQQ is " })), [{ kind: "words", text: "QQQ is " }]);
  const number = { kind: "number", text: "450.96", call: 1, path: "/quotes/0/last", value: 450.96 };
  same(eventsOf(chunk({ content: "450.96" }, { tapedeck: number })), [number]);
  same(eventsOf({ choices: [{ delta: {}, finish_reason: "length" }] }), [{ kind: "finish", reason: "length" }]);
  same(eventsOf({ error: { code: "timeout", message: "Too slow." } }), [{ kind: "error", code: "timeout", detail: "Too slow." }]);
  same([{}, null, { choices: [] }, 3].map(eventsOf), [[], [], [], []]);
});
