// Runs before the page's own modules: remembers each frame and fact it applies, all its banner says,
// and which timers and sockets it has.

globalThis.seen = { frames: [], facts: [], says: [], states: [], carriers: [], sent: [], timers: 0 };
globalThis.sockets = [];

const { setInterval: repeat, WebSocket: Socket } = globalThis;

globalThis.setInterval = (...timer) => {
  seen.timers += 1;
  return repeat(...timer);
};

globalThis.WebSocket = class extends Socket {
  constructor(...address) {
    super(...address);
    sockets.push(this);
  }

  send(text) {
    super.send(text);
    seen.sent.push(JSON.parse(text).type);
  }
};

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

document.addEventListener("desk", ({ detail: desk }) => {
  globalThis.desk = desk;
  const { connection, store } = desk;
  const { inbox } = connection;
  inbox.addEventListener("frame", ({ detail: { epoch, prev, seq, fact, facts, snapshot } }) => {
    const before = facts?.length ? facts[0].fact - 1 : fact;
    seen.frames.push({ epoch, prev, seq, before, fact, snapshot: snapshot ?? false });
  });
  inbox.addEventListener("fact", ({ detail }) => seen.facts.push(detail.fact));
  connection.addEventListener("change", () => {
    note(seen.states, connection.status.state);
    note(seen.carriers, connection.status.carrier);
  });
  globalThis.held = () => {
    const { epoch, seq } = inbox.cursor;
    const ofMarket = ["quote", "day", "profile", "greeks", "underlying", "market"];
    const ofAccounts = ["balance", "position", "exposure", "portfolio", "link"];
    return { epoch, seq, slots: [...ofMarket, ...ofAccounts].flatMap((type) => store.all(type)) };
  };
});
