// The expirations of a chain, to choose one, as the server renders them.

import { day, MISSING } from "../core/format.js";

const MONTHLY = ["regular", "standard"];

function made(name, text = "") {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}

/** A label with a radio button for each of `expirations`; that of `first` is chosen. */
export function choices(expirations, first) {
  return expirations.map((one) => {
    const label = made("label");
    if (MONTHLY.includes(String(one.kind).toLowerCase())) label.className = "monthly";
    const radio = made("input");
    Object.assign(radio, { type: "radio", name: "expiration", value: `${one.date} ${one.root}`, checked: one === first });
    Object.assign(radio.dataset, { dte: one.dte, ends: one.ends, multiplier: one.multiplier ?? "" });
    const name = made("span", day(one.date).slice(0, -5));
    if (expirations.filter(({ date }) => date === one.date).length > 1) name.append(" ", made("small", one.root));
    const iv = made("i", MISSING);
    iv.dataset.iv = "";
    const term = made("small", "IV ");
    term.append(iv);
    label.append(radio, name, made("small", `${one.dte} d`), term);
    return label;
  });
}
