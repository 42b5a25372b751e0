// A chart by its keys: arrows point at bars, Home and End at the first and last, plus and minus see fewer and more.

const STEP = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20, Home: -Infinity, End: Infinity };
const ZOOM = { "+": 0.8, "=": 0.8, "-": 1.25 };

/** Let keys pressed in `box` move what `chart()` says: {canvas, at, count}. */
export function keys(box, chart) {
  box.addEventListener("keydown", (event) => {
    const { canvas, at, count } = chart();
    if (event.defaultPrevented || !canvas || count === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") canvas.pointNowhere();
    else if (event.key in STEP) canvas.point(Math.min(Math.max(at + STEP[event.key], 0), count - 1));
    else if (event.key in ZOOM) canvas.zoom(ZOOM[event.key]);
    else return;
    event.preventDefault();
  });
}

/** Let Escape and a click elsewhere close a menu. Returns the way to stop. */
export function closing(menu) {
  const onKey = (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  };
  const onClick = ({ target }) => {
    if (!menu.contains(target)) menu.open = false;
  };
  menu.addEventListener("keydown", onKey);
  document.addEventListener("click", onClick);
  return () => document.removeEventListener("click", onClick);
}
