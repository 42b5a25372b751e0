// What lies behind the bars of a chart: the hours outside the regular session are darker.

export class Shading {
  #stretches = [];
  #color = "transparent";
  #chart = null;
  #update = () => {};
  #views = [{ zOrder: () => "bottom", renderer: () => ({ draw: (target) => this.#draw(target) }) }];

  /** Shade these stretches: [[first, last], …], times as the chart has them. */
  show(stretches) {
    this.#stretches = stretches;
    this.#update();
  }

  colour(color) {
    this.#color = color;
    this.#update();
  }

  attached({ chart, requestUpdate }) {
    this.#chart = chart;
    this.#update = requestUpdate;
  }

  detached() {
    this.#chart = null;
    this.#update = () => {};
  }

  paneViews() {
    return this.#views;
  }

  #draw(target) {
    if (!this.#chart) return;
    const scale = this.#chart.timeScale();
    const half = scale.options().barSpacing / 2;
    target.useBitmapCoordinateSpace(({ context, horizontalPixelRatio, bitmapSize }) => {
      context.fillStyle = this.#color;
      for (const [first, last] of this.#stretches) {
        const [from, to] = [scale.timeToCoordinate(first), scale.timeToCoordinate(last)];
        if (from === null || to === null) continue;
        const [left, right] = [from - half, to + half].map((x) => Math.round(x * horizontalPixelRatio));
        if (right > 0 && left < bitmapSize.width) context.fillRect(left, 0, right - left, bitmapSize.height);
      }
    });
  }
}
