// The symbol that this page is about: panels follow it, and a click on a symbol in any of them chooses it.

let symbol = null;

/** The symbol in focus; null where the page has none. */
export function focused() {
  symbol ??= document.querySelector("[data-focus]")?.dataset.focus || null;
  return symbol;
}

/** Make the page be about `next`; all that follow are told, by the document's event "focussymbol" (`detail.symbol`). */
export function focusSymbol(next) {
  if (!next || next === focused()) return;
  symbol = next;
  const address = new URL(location.href);
  address.searchParams.set("symbol", next);
  address.searchParams.delete("expiration");
  history.replaceState(null, "", address);
  document.dispatchEvent(new CustomEvent("focussymbol", { detail: { symbol: next } }));
}

/** Call `heard(symbol)` whenever another symbol comes into focus. Returns the way to stop. */
export function onFocus(heard) {
  focused();
  const hear = ({ detail }) => heard(detail.symbol);
  document.addEventListener("focussymbol", hear);
  return () => document.removeEventListener("focussymbol", hear);
}
