// Every cell of the page that shows a number, and whether an age stands with it: {key: [text, age]}.
() => {
  const NUMBER = /\d/;
  const AGE = /\d+ ?(s|min|m|h|d)\b/;
  const SAID = new Set(["age", "note", "word", "left", "next", "by", "feed", "socket", "over", "source", "account",
    "symbol", "name", "lacks", "currency", "where", "used", "focus", "said", "day", "dte", "link", "spark", "key"]);
  const elements = "live-quote, live-balance, watch-list, radial-hub, quote-detail, price-chart, option-chain, " +
    "portfolio-totals, portfolio-positions, portfolio-accounts";
  const rows = "[data-symbol], [data-row], [data-sector], [data-group], [data-account], [data-strike]";
  const ages = (part, names) => [...part.querySelectorAll(names)].map((one) => one.textContent).filter((text) => AGE.test(text));
  const keyOf = ({ strike, ...others }) => (strike ? Number(strike) : Object.values(others)[0]);
  const found = {};
  document.querySelectorAll(elements).forEach((element) => {
    const at = [...document.querySelectorAll(element.localName)].indexOf(element);
    element.querySelectorAll("[data-field], [data-cell], .chain tbody td").forEach((cell) => {
      const name = cell.dataset.field ?? cell.dataset.cell ?? cell.className;
      if (SAID.has(name) || name.endsWith("_age") || cell.closest("template") || !NUMBER.test(cell.textContent)) return;
      const row = cell.closest(rows);
      const of = row && element.contains(row) && row !== element ? keyOf(row.dataset) : "";
      const shown = [...(row ? ages(row, ".age, [data-cell=age]") : []), ...ages(element, ".age, .panel-head .note, section .age")]
      const hidden = element.matches("[data-loaded]") && !ages(element, ".panel-head .note").length;
      const line = [...(row?.querySelectorAll(`[data-cell="${name}"]`) ?? [])].indexOf(cell);
      found[`${element.localName} ${at} ${of} ${name} ${line}`] = [cell.textContent.trim(), hidden ? "" : (shown[0] ?? "")];
    });
  });
  return found;
}
