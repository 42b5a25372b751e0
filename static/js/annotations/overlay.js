// Where things are in the picture of a chart: a primitive of the library that draws nothing, and tells of each drawing.

export class Overlay {
  #chart = null;
  #series = null;
  #update = () => {};
  #held = null;
  #views;

  /** `drawn()`: what is seen may stand elsewhere now. */
  constructor(drawn) {
    this.#views = [{ zOrder: () => "top", renderer: () => ({ draw: () => drawn() }) }];
  }

  attached({ chart, series, requestUpdate }) {
    [this.#chart, this.#series, this.#update] = [chart, series, requestUpdate];
  }

  detached() {
    [this.#chart, this.#series, this.#update] = [null, null, () => {}];
  }

  paneViews() {
    return this.#views;
  }

  /** The prices that the picture has to show besides its bars. */
  autoscaleInfo() {
    return this.#held === null ? null : { priceRange: { minValue: this.#held, maxValue: this.#held } };
  }

  /** Have this price in the picture, or with null the bars alone. */
  hold(price) {
    if (price === this.#held) return;
    this.#held = price;
    this.#update();
  }

  /** Where the middle of the bar at this index is, in px from the left; null while nothing is drawn. */
  x(at) {
    return this.#chart?.timeScale().logicalToCoordinate(at) ?? null;
  }

  /** Where a price is, in px from the top; null while there is none. */
  y(price) {
    return this.#series?.priceToCoordinate(price) ?? null;
  }

  /** The price at a place. */
  price(y) {
    return this.#series?.coordinateToPrice(y) ?? null;
  }

  /** What the bars are drawn in, and how wide one of them is (px). */
  get size() {
    const [pane] = this.#chart?.panes() ?? [];
    if (!pane) return { width: 0, height: 0, bar: 1 };
    const scale = this.#chart.timeScale();
    return { width: scale.width(), height: pane.getHeight(), bar: scale.options().barSpacing };
  }
}
