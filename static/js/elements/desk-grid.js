// <desk-grid data-focus="QQQ">: the panels of the desk on twelve columns.

class DeskGrid extends HTMLElement {}

customElements.define("desk-grid", DeskGrid);
