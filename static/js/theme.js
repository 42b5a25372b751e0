// A classic script, loaded before the first paint: the chosen theme must not flash.
(() => {
  // Somebody who is signed in may have chosen one for all their devices.
  if (document.documentElement.dataset.theme) return;
  let theme = "system";
  try {
    theme = localStorage.getItem("tapedeck.theme") ?? "system";
  } catch {
    // Storage is forbidden here: the system's theme it is.
  }
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
})();
