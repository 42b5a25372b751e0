// Drags a row of a table to another place by its handle, with a mouse, a pen or a finger.

/**
 * Let rows of `body` be dragged by what `handle` selects. `dropped(row, place)` is called when one was let go at another
 * place; Escape puts it back. There are buttons for the same: a drag is never the only way.
 */
export function dragRows(body, handle, dropped) {
  body.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest(handle);
    if (!grip || event.button !== 0) return;
    event.preventDefault();
    drag(body, grip, event.pointerId, dropped);
  });
}

function drag(body, grip, pointer, dropped) {
  const row = grip.closest("tr");
  const from = [...body.rows].indexOf(row);
  const ends = new AbortController();
  const on = (target, name, heard) => target.addEventListener(name, heard, { signal: ends.signal });
  const end = (isKept) => {
    ends.abort();
    row.removeAttribute("data-dragged");
    const place = [...body.rows].indexOf(row);
    if (place === from) return;
    if (isKept) dropped(row, place);
    else put(body, row, from);
  };
  row.setAttribute("data-dragged", "");
  grip.setPointerCapture(pointer);
  on(grip, "pointermove", ({ clientY }) => put(body, row, placeAt(body, row, clientY)));
  on(grip, "pointerup", () => end(true));
  on(grip, "pointercancel", () => end(false));
  on(document, "keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    end(false);
  });
}

/** The place for a row that is held at `y`: before the first other row whose middle is below it. */
function placeAt(body, row, y) {
  const others = [...body.rows].filter((each) => each !== row);
  const after = others.findIndex((each) => {
    const { top, height } = each.getBoundingClientRect();
    return y < top + height / 2;
  });
  return after < 0 ? others.length : after;
}

/** Bring a row to a place by moving those it passes: one that is taken out loses the pointer. */
function put(body, row, place) {
  for (let at = [...body.rows].indexOf(row); at !== place; at += Math.sign(place - at)) {
    if (at > place) body.insertBefore(body.rows[at - 1], row.nextElementSibling);
    else body.insertBefore(body.rows[at + 1], row);
  }
}
