// Runs before the page's own modules: remembers each frame and fact it applies, and all its banner says.

globalThis.seen = { frames: [], facts: [], says: [], states: [], carriers: [] };

const newest = (list) => list[list.length - 1];

function note(list, value) {
  if (JSON.stringify(newest(list)) !== JSON.stringify(value)) list.push(value);
}

addEventListener("DOMContentLoaded", async () => {
  const banner = document.querySelector("connection-banner");
  if (!banner) return;
  const listen = () => note(seen.says, banner.hidden ? "" : banner.querySelector("[data-field=text]").textContent);
  new MutationObserver(listen).observe(banner, { attributes: true, characterData: true, childList: true, subtree: true });
});

if (location.pathname === "/accounts/settings") {
  import("/static/js/desk.js").then((desk) => {
    globalThis.desk = desk;
    const { connection, store } = desk;
    connection.addEventListener("frame", ({ detail: { epoch, prev, seq, fact, snapshot } }) => {
      seen.frames.push({ epoch, prev, seq, fact, snapshot: snapshot ?? false });
    });
    connection.addEventListener("fact", ({ detail }) => seen.facts.push(detail.fact));
    connection.addEventListener("change", () => {
      note(seen.states, connection.status.state);
      note(seen.carriers, connection.status.carrier);
    });
    globalThis.held = () => {
      const { epoch, seq } = connection.cursor;
      const types = ["quote", "day", "profile", "greeks", "underlying", "balance", "position", "link", "market"];
      return { epoch, seq, slots: types.flatMap((type) => store.all(type)) };
    };
  });
}
