import { Talk } from "../../../static/js/assistant/talk.js";
import { claim, same } from "../claims.js";

const turn = (question, number = null, more = {}) => ({ question, number, text: `${question} Yes.`, ...more });

function talkOf(id, ...turns) {
  return Object.assign(new Talk(), { id, turns });
}

/** The body that asks a new question. */
function asked(talk, question) {
  talk.turns.push(turn(question, null, { text: "" }));
  return talk.bodyOf(talk.turns.at(-1));
}

const contents = ({ messages }) => messages.map(({ content }) => content);

claim("a talk that the desk keeps is named, one that it does not is told, without commands and folded answers", () => {
  same(asked(talkOf("a", turn("One?", 1)), "Two?"), { messages: [{ role: "user", content: "Two?" }], tapedeck: { conversation: "a" } });
  const told = talkOf(null, turn("One?"), turn("/quote QQQ", null, { isCommand: true }), turn("Old?", null, { isFolded: true }));
  same(asked(told, "Two?"), {
    messages: [
      { role: "user", content: "One?" },
      { role: "assistant", content: "One? Yes." },
      { role: "user", content: "Two?" },
    ],
  });
});

claim("a question in the place of turns takes them out and tells from which number on; a folded one stays in sight", () => {
  const turns = [turn("One?", 1), turn("Two?", 2), turn("Three?", 3)];
  const edited = talkOf("a", ...turns);
  same(contents({ messages: edited.cut(turns[1]).map(({ question }) => ({ content: question })) }), ["Two?", "Three?"]);
  same(asked(edited, "Else?").tapedeck, { conversation: "a", before: 2 });
  turns[1].isFolded = true;
  const again = talkOf("a", ...turns);
  same(again.cut(turns[1]).length, 1);
  same(asked(again, "Two?").tapedeck, { conversation: "a", before: 2 });
  const stopped = talkOf("a", turn("One?", 1), turn("Two?"));
  stopped.cut(stopped.turns[1]);
  same(asked(stopped, "Two?").tapedeck, { conversation: "a", before: 2 });
});

claim("what a refused question would have replaced, the next one does, and the one after follows it", () => {
  const talk = talkOf("a", turn("One?", 1), turn("Two?", 2));
  talk.cut(talk.turns[1]);
  asked(talk, "Else?");
  talk.hear({ kind: "refused", status: 429 });
  same(asked(talk, "Other?").tapedeck, { conversation: "a", before: 2 });
  talk.hear({ kind: "status" });
  same(asked(talk, "Next?").tapedeck, { conversation: "a" });
});

claim("a talk that was deleted elsewhere goes on as a new one", () => {
  const talk = talkOf("a", turn("One?", 1));
  asked(talk, "Two?");
  talk.hear({ kind: "refused", status: 404 });
  same(contents(asked(talk, "Two?")), ["One?", "One? Yes.", "Two?"]);
});
