// <theme-toggle>: light, dark, or what the system says. theme.js sets the choice before the first paint.

const KEY = "tapedeck.theme";

class ThemeToggle extends HTMLElement {
  connectedCallback() {
    const chosen = document.documentElement.dataset.theme ?? "system";
    for (const radio of this.querySelectorAll("input")) radio.checked = radio.value === chosen;
    this.addEventListener("change", (event) => choose(event.target.value));
  }
}

function choose(theme) {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  localStorage.setItem(KEY, theme);
}

customElements.define("theme-toggle", ThemeToggle);
