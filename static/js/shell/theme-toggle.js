// <theme-toggle>: light, dark, or what the system says. theme.js sets the choice before the first paint.

import { prefer } from "../core/preferences.js";

const KEY = "tapedeck.theme";

class ThemeToggle extends HTMLElement {
  connectedCallback() {
    this.#show();
    this.addEventListener("change", (event) => choose(event.target.value));
    document.addEventListener("preference", () => this.#show());
  }

  #show() {
    const chosen = document.documentElement.dataset.theme ?? "system";
    for (const radio of this.querySelectorAll("input")) radio.checked = radio.value === chosen;
  }
}

function choose(theme) {
  prefer("theme", theme);
  localStorage.setItem(KEY, theme);
}

customElements.define("theme-toggle", ThemeToggle);
