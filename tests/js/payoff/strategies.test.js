import { nameOf } from "../../../static/js/payoff/strategies.js";
import { claim, same } from "../claims.js";

/** Legs written as "+1C100 -2C105@2": quantity, right, strike, and the day they end on. */
const legs = (text) =>
  text.split(" ").map((leg) => {
    const [, quantity, right, strike, ends] = /^([+-]\d+)([CP])([\d.]+)(?:@(\d))?$/.exec(leg);
    return { quantity: Number(quantity), right, strike: Number(strike), ends: Number(ends ?? 1), multiplier: 100 };
  });

const NAMES = {
  "+1C100": "Long call",
  "-3P100": "Short put",
  "+1C100 -1C105": "Bull call spread",
  "-2C100 +2C105": "Bear call spread",
  "+1P100 -1P105": "Bull put spread",
  "-1P100 +1P105": "Bear put spread",
  "+1C100 -2C105": "Ratio call spread",
  "-1P105 +2P100": "Put backspread",
  "+1C100 +1P100": "Long straddle",
  "-5C105 -5P95": "Short strangle",
  "+1C95 +1P105": "Long guts",
  "+1C100 -1P100": "Synthetic long",
  "+1C105 -1P95": "Risk reversal",
  "-1C100@1 +1C100@2": "Long call calendar",
  "+1P100@1 -1P100@2": "Short put calendar",
  "-1C105@1 +1C100@2": "Long call diagonal",
  "+1C95 -2C100 +1C105": "Long call butterfly",
  "-1P95 +2P100 -1P105": "Short put butterfly",
  "+1C95 -2C100 +1C110": "Long broken-wing call butterfly",
  "+1C90 -1C95 -1C100 +1C105": "Long call condor",
  "+1P90 -1P95 -1C105 +1C110": "Iron condor",
  "-2P90 +2P95 +2C105 -2C110": "Reverse iron condor",
  "+1P90 -1P100 -1C100 +1C110": "Iron butterfly",
  "+1C100 -1C110 -1P100 +1P110": "Long box",
  "+1C100 +1C105": "2 legs",
  "+1C100 -2P100": "2 legs",
  "+1C90 -2C95 +1P100": "3 legs",
  "+1P90 -1P95 -1C105 +1C110@2": "4 legs",
  "+1C90 +1C91 +1C92 +1C93 -1P80": "5 legs",
};

claim("legs have the names that traders give them, whatever their order and number", () => {
  for (const [text, name] of Object.entries(NAMES)) {
    same([text, nameOf(legs(text))], [text, name]);
    same([text, nameOf(legs(text).reverse())], [text, name]);
  }
});
