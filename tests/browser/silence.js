// Runs before the page's own modules: remembers when anything said LIVE last, and when a frame came last (ms).

globalThis.silence = { liveAt: null, heardAt: null, gap: 0 };

document.addEventListener("desk", ({ detail: { connection } }) => {
  connection.inbox.addEventListener("frame", () => {
    const now = performance.now();
    silence.gap = Math.max(silence.gap, now - (silence.heardAt ?? now));
    silence.heardAt = now;
  });
});

setInterval(() => {
  const live = [...document.querySelectorAll("[data-state=live]")].filter((element) => element.checkVisibility());
  if (live.length > 0) silence.liveAt = performance.now();
}, 25);
