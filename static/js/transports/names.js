// The names of the carriers, best first, and what a person calls them.

export const CARRIERS = ["websocket", "sse", "poll"];

/** `short` fits a badge, `over` follows "Live over", `many` begins a sentence. */
export const NAMES = {
  websocket: { short: "WebSocket", over: "a WebSocket", many: "WebSockets" },
  sse: { short: "SSE", over: "SSE", many: "Server-sent events" },
  poll: { short: "polling", over: "polling", many: "Polls" },
};

/** "WebSockets are blocked here": what keeps a page from the carriers above its own. */
export function blockedHere(blocked) {
  const [first, ...rest] = blocked.map((name) => NAMES[name].many);
  return `${[first, ...rest.map((name) => name.toLowerCase())].join(" and ")} are blocked here`;
}
