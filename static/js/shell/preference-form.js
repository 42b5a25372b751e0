// <preference-form>: what a person can choose, in fields marked data-preference="…"; each is kept when it changes.

import { prefer, preference } from "../core/preferences.js";

class PreferenceForm extends HTMLElement {
  connectedCallback() {
    this.#show();
    this.addEventListener("change", (event) => this.#keep(event.target));
    document.addEventListener("preference", () => this.#show());
  }

  #show() {
    for (const field of this.querySelectorAll("[data-preference]")) {
      const chosen = preference(field.dataset.preference);
      if (field.dataset.preference === "muted") field.checked = !chosen.includes(field.value);
      else field.checked = field.type === "radio" ? field.value === chosen : chosen;
    }
  }

  #keep({ dataset, type, value, checked }) {
    const { preference: name } = dataset;
    if (name === "muted") prefer(name, this.#muted);
    else if (name) prefer(name, type === "radio" ? value : checked);
  }

  get #muted() {
    return [...this.querySelectorAll("[data-preference=muted]")].filter((field) => !field.checked).map(({ value }) => value);
  }
}

customElements.define("preference-form", PreferenceForm);
