// What can be asked without a model: a slash, the name of a command, and what it is about. Pure.

const ofSymbol = (tool, title, argument) => ({ tool, title, argument, about: "SYMBOL" });

/** The commands by name: the tool that each calls, with which argument, and what it shows. */
export const COMMANDS = {
  quote: ofSymbol("get_quotes", "Prices", (symbols) => ({ symbols })),
  positions: { tool: "get_positions", title: "What you hold" },
  portfolio: { tool: "get_portfolio", title: "Your accounts together" },
  orders: { tool: "get_orders", title: "Your orders" },
  fills: { tool: "get_fills", title: "Your fills" },
  market: { tool: "market_overview", title: "The market" },
  status: { tool: "desk_status", title: "How this desk is" },
  lists: { tool: "list_watchlists", title: "Your watchlists" },
};

/**
 * The call that a question asks for: {tool, title, arguments}; {detail} where there is no such command; null where it is
 * no command at all.
 */
export function commandOf(question) {
  const [, name, rest] = /^\/(\w*)\s*([\s\S]*)$/.exec(question.trim()) ?? [];
  if (name === undefined) return null;
  const found = Object.hasOwn(COMMANDS, name.toLowerCase()) ? COMMANDS[name.toLowerCase()] : null;
  if (!found) return { detail: `There is no /${name}. ${help()}` };
  const symbols = rest.toUpperCase().split(/[\s,]+/).filter(Boolean);
  if (found.about && !symbols.length) return { detail: `/${name} needs a symbol: /${name} QQQ.` };
  return { tool: found.tool, title: found.title, arguments: found.argument?.(symbols) ?? {} };
}

/** The commands in one sentence. */
export const help = () =>
  `These work without a model: ${Object.entries(COMMANDS)
    .map(([name, { about }]) => `/${name}${about ? ` ${about}` : ""}`)
    .join(", ")}.`;
