// What a set of legs is called, where it has a name of its own. A leg is {right, strike, ends, quantity, multiplier}.

const WAYS = { 1: "Long", "-1": "Short" };
const RIGHTS = { C: "call", P: "put" };

const divisor = (one, other) => (other ? divisor(other, one % other) : one);
const isSame = (values) => new Set(values).size === 1;

/** The name of these legs; how many they are, where there is none. */
export function nameOf(legs) {
  const quantities = legs.map(({ quantity }) => Math.abs(quantity));
  const many = quantities.reduce(divisor, 0);
  const ratios = legs.map((leg) => ({ ...leg, quantity: leg.quantity / many }));
  ratios.sort((one, other) => one.strike - other.strike || one.right.localeCompare(other.right) || one.ends - other.ends);
  const found = isSame(legs.map(({ multiplier }) => multiplier)) && named(ratios);
  return found || (legs.length === 1 ? "1 leg" : `${legs.length} legs`);
}

function named(legs) {
  const [first] = legs;
  if (legs.length === 1) return `${WAYS[first.quantity]} ${RIGHTS[first.right]}`;
  const isOneDay = isSame(legs.map(({ ends }) => ends));
  if (legs.length === 2) return isOneDay ? pair(legs) : acrossDays(legs);
  if (!isOneDay) return null;
  return legs.length === 3 ? butterfly(legs) : legs.length === 4 ? four(legs) : null;
}

function pair(legs) {
  return isSame(legs.map(({ right }) => right)) ? spread(legs) : callAndPut(legs);
}

function spread([low, high]) {
  const right = RIGHTS[low.right];
  if (low.quantity * high.quantity > 0) return null;
  if (low.quantity + high.quantity === 0) return `${low.quantity > 0 ? "Bull" : "Bear"} ${right} spread`;
  // A ratio spread sells more than it buys; the other way round it is a backspread.
  return low.quantity + high.quantity < 0 ? `Ratio ${right} spread` : `${right === "call" ? "Call" : "Put"} backspread`;
}

function callAndPut(legs) {
  const [call, put] = ["C", "P"].map((right) => legs.find((leg) => leg.right === right));
  const isLevel = call.strike === put.strike;
  if (Math.abs(call.quantity) !== 1 || Math.abs(put.quantity) !== 1) return null;
  if (call.quantity !== put.quantity) return isLevel ? `Synthetic ${call.quantity > 0 ? "long" : "short"}` : "Risk reversal";
  return `${WAYS[call.quantity]} ${isLevel ? "straddle" : call.strike > put.strike ? "strangle" : "guts"}`;
}

/** Two legs that end on two days. Long is who holds the later one. */
function acrossDays(legs) {
  const [near, far] = [...legs].sort((one, other) => one.ends - other.ends);
  if (near.right !== far.right || near.quantity + far.quantity !== 0) return null;
  return `${WAYS[far.quantity]} ${RIGHTS[far.right]} ${near.strike === far.strike ? "calendar" : "diagonal"}`;
}

const ratiosAre = (legs, ...wanted) =>
  [1, -1].find((way) => legs.every(({ quantity }, at) => quantity === way * wanted[at]));

function butterfly(legs) {
  const way = ratiosAre(legs, 1, -2, 1);
  const [low, middle, high] = legs.map(({ strike }) => strike);
  if (!way || !isSame(legs.map(({ right }) => right)) || low === middle || middle === high) return null;
  const isEven = Math.abs(middle - low - (high - middle)) < 1e-9;
  return `${WAYS[way]} ${isEven ? "" : "broken-wing "}${RIGHTS[legs[0].right]} butterfly`;
}

function four(legs) {
  const rights = legs.map(({ right }) => right).join("");
  const [one, two, three, last] = legs.map(({ strike }) => strike);
  if (isSame([...rights]) && one < two && two < three && three < last) {
    const way = ratiosAre(legs, 1, -1, -1, 1);
    return way ? `${WAYS[way]} ${RIGHTS[rights[0]]} condor` : null;
  }
  if (one === two && two < three && three === last) return box(legs);
  const [puts, calls] = ["P", "C"].map((right) => legs.filter((leg) => leg.right === right));
  if (puts.length !== 2 || one === two || three === last) return null;
  return puts[1].strike <= calls[0].strike ? wings([...puts, ...calls]) : null;
}

/** A put spread below a call spread; iron, because it is made of both. */
function wings(legs) {
  const way = ratiosAre(legs, 1, -1, -1, 1);
  if (!way || legs[0].strike === legs[1].strike || legs[2].strike === legs[3].strike) return null;
  return `${way > 0 ? "I" : "Reverse i"}ron ${legs[1].strike === legs[2].strike ? "butterfly" : "condor"}`;
}

/** Calls and puts at the same two strikes. */
function box(legs) {
  const way = ratiosAre(legs, 1, -1, -1, 1);
  return way ? `${WAYS[way]} box` : null;
}
