// Runs in a page beside record.js: for how long, at worst, its badge said "live" while no frame with news came.

globalThis.claimed = { live: false, worst: 0, since: 0, proven: 0, quoted: 0 };

function look(live = claimed.live) {
  const now = performance.now();
  if (claimed.live) claimed.worst = Math.max(claimed.worst, now - Math.max(claimed.since, claimed.proven));
  if (live && !claimed.live) claimed.since = now;
  claimed.live = live;
}

setInterval(() => look(document.querySelector("feed-badge")?.dataset.state === "live"), 50);

document.addEventListener("desk", ({ detail: { connection } }) => {
  connection.inbox.addEventListener("frame", ({ detail: { state } }) => {
    if (!state?.length) return;
    look();
    claimed.proven = performance.now();
    claimed.quoted = Math.max(claimed.quoted, ...state.map(({ bid_at, last_at }) => bid_at ?? last_at ?? 0));
  });
});
