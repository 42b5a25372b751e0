import { commandOf } from "../../../static/js/assistant/slash-commands.js";
import { claim, isTrue, same } from "../claims.js";

claim("a command calls a tool with what it is about", () => {
  same(commandOf(" /quote qqq, spy "), { tool: "get_quotes", title: "Prices", arguments: { symbols: ["QQQ", "SPY"] } });
  same(commandOf("/Positions"), { tool: "get_positions", title: "What you hold", arguments: {} });
  same(commandOf("What is /quote?"), null);
});

claim("one that is not there, or lacks its symbol, is told what works", () => {
  for (const name of ["/sell", "/constructor", "/"]) isTrue(commandOf(name).detail.includes("/positions"), name);
  same(commandOf("/quote").detail, "/quote needs a symbol: /quote QQQ.");
});
