// <copy-diagnostics src="…">: gathers what helps to find out what is wrong, from both ends of the connection, and puts
// it where it can be pasted from. What the server says comes without secrets, names and accounts.

import { circumstances, clock, connection, store } from "../core/page.js";
import { write } from "../core/render.js";

const TIMEOUT_MS = 8_000;

class CopyDiagnostics extends HTMLElement {
  connectedCallback() {
    const acts = { reconnect: () => this.#reconnect(), copy: () => this.#copy() };
    this.addEventListener("click", (event) => acts[event.target.dataset.act]?.());
  }

  #reconnect() {
    connection.reconnect();
    this.#say("Connecting anew.");
  }

  async #copy() {
    const text = JSON.stringify({ browser: here(), server: await this.#server() }, null, 1);
    const area = this.querySelector("textarea");
    area.value = text;
    area.hidden = false;
    try {
      await navigator.clipboard.writeText(text);
      this.#say("Copied.");
    } catch {
      area.select();
      this.#say("This browser does not let a page copy. Copy the text below.");
    }
  }

  /** What the server knows; when it does not answer, that. */
  async #server() {
    try {
      const answer = await fetch(this.getAttribute("src"), { signal: AbortSignal.timeout(TIMEOUT_MS) });
      return answer.ok ? await answer.json() : `answered ${answer.status}`;
    } catch (error) {
      return `does not answer: ${error.message}`;
    }
  }

  #say(text) {
    write(this.querySelector("[data-field=said]"), text);
  }
}

/** What this page knows of its own end. */
function here() {
  const { socket, now } = circumstances();
  const { counts, cursor } = connection.inbox;
  return {
    at: new Date(now).toISOString(),
    agent: navigator.userAgent,
    online: navigator.onLine,
    hidden: document.hidden,
    socket,
    counts: { ...counts, reconnects: connection.reconnects, unknown: counts.unknown + store.unknown },
    cursor: cursor.epoch ? String(cursor) : null,
    heardAgoMs: connection.heardAt && Math.round(performance.now() - connection.heardAt),
    clockOffsetMs: Math.round(clock.offset),
  };
}

customElements.define("copy-diagnostics", CopyDiagnostics);
