import { draftTexts, legTexts, quoteAge } from "../../../static/js/assistant/draft-text.js";
import { claim, same } from "../claims.js";

claim("a card says what a proposal costs and may earn and lose, and what is not known", () => {
  const card = { symbol: "QQQ", cost: 400, max_profit: 600, max_loss: 400, breakevens: [454, 461.5], lacks: [] };
  same(draftTexts(card), {
    symbol: "QQQ", cost: "400.00", profit: "600.00", loss: "400.00", breakevens: "454.00, 461.50", lacks: "",
  });
  const naked = { symbol: "GME", cost: -102.5, max_profit: 102.5, max_loss: null, unlimited: ["loss"] };
  same(draftTexts(naked), {
    symbol: "GME", cost: "−102.50", profit: "102.50", loss: "without limit", breakevens: "–", lacks: "",
  });
  const unknown = { symbol: "GME", cost: null, max_profit: null, max_loss: null, lacks: ["GME has no ask.", "No IV."] };
  same(draftTexts(unknown), {
    symbol: "GME", cost: "–", profit: "–", loss: "–", breakevens: "–", lacks: "GME has no ask. · No IV.",
  });
});

claim("a leg is named for people, and what is missing of its quote is a dash", () => {
  const leg = { symbol: "QQQ261218C00500000", quantity: -1, price: 2.05, bid: 2, ask: null };
  same(legTexts(leg), { symbol: "QQQ 18 Dec 2026 500 C", quantity: "−1", price: "2.05", bid: "2.00", ask: "–" });
});

claim("the age of a quote goes on, and one that was late says so", () => {
  same([quoteAge(1_000, false, 4_500), quoteAge(1_000, true, 4_500), quoteAge(0, false, 4_500)], ["3 s", "3 s, delayed", "–"]);
});
