// The line of a day: the last price of each five minutes, as the points of a drawing. Pure.

export const WIDTH = 62;
export const HEIGHT = 16;
/** How long one step of the line is (ms). */
export const STEP_MS = 300_000;
/** A day of all hours has so many steps; older ones are let go. */
const MOST = 192;
/** A night is as long (steps): what was before it is another day. */
const NIGHT = 48;

export class Spark {
  #steps = new Map();

  /** Take a price as of `at` (ms). Returns whether the line is another one by a step that is new. */
  add(at, price) {
    if (!Number.isFinite(at) || !Number.isFinite(price)) return false;
    const step = Math.floor(at / STEP_MS);
    const isNew = !this.#steps.has(step);
    this.#steps.set(step, price);
    if (this.#steps.size > 2 * MOST) this.#steps = new Map(this.#day());
    return isNew;
  }

  /** Begin with what was before: [{time, close}]. What is known already stays. */
  fill(bars) {
    for (const { time, close } of bars) {
      const step = Math.floor(time / STEP_MS);
      if (Number.isFinite(close) && !this.#steps.has(step)) this.#steps.set(step, close);
    }
  }

  /** The steps of the newest day, [step, price], in their order. */
  #day() {
    const steps = [...this.#steps].sort(([one], [other]) => one - other).slice(-MOST);
    const night = steps.findLastIndex(([step], at) => at > 0 && step - steps[at - 1][0] > NIGHT);
    return night > 0 ? steps.slice(night) : steps;
  }

  /** The points of a polyline WIDTH wide and HEIGHT high; "" where there is no line. A price that stands is in the middle. */
  get points() {
    const steps = this.#day();
    if (steps.length < 2) return "";
    const [first, last] = [steps[0][0], steps.at(-1)[0]];
    const prices = steps.map(([, price]) => price);
    const [low, high] = [Math.min(...prices), Math.max(...prices)];
    const y = (price) => (high === low ? HEIGHT / 2 : 1.5 + ((high - price) / (high - low)) * (HEIGHT - 3));
    const x = (step) => ((step - first) / (last - first)) * WIDTH;
    return steps.map(([step, price]) => `${x(step).toFixed(1)},${y(price).toFixed(1)}`).join(" ");
  }
}
