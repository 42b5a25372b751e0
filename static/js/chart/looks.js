// How the page looks: its theme, its colours and its clock are attributes of <html>, or a choice of the system.

/** Call `heard()` whenever the page may look otherwise. Returns the way to stop. */
export function onLooks(heard) {
  const looks = new MutationObserver(heard);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  looks.observe(document.documentElement, { attributes: true });
  dark.addEventListener("change", heard);
  return () => {
    looks.disconnect();
    dark.removeEventListener("change", heard);
  };
}
