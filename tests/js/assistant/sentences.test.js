import { Sentences, wholeSentences } from "../../../static/js/assistant/sentences.js";
import { claim, same } from "../claims.js";

claim("whole sentences are told, never a part of one, at most every 3 s, and the rest at the end", () => {
  const sentences = new Sentences();
  same(sentences.take("QQQ is at 450.96", 0), "");
  same(sentences.take("QQQ is at 450.96, up. You", 10), "QQQ is at 450.96, up.");
  const text = "QQQ is at 450.96, up. You hold **60** of it. More.\nAnd then";
  same(sentences.take(text, 2_900), "");
  same(sentences.take(text, 3_010), "You hold 60 of it. More.");
  same(sentences.rest(text), "And then");
  same(sentences.rest(text), "");
});

claim("a decimal point and a name with a dot end no sentence", () => {
  same(wholeSentences("It is 4.5 at x.example now"), "");
  same(wholeSentences("It is 4.5. Now"), "It is 4.5.");
});
