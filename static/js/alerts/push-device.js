// <push-device>: whether this browser is pushed to, and the buttons that begin and end it. data-key is the desk's
// public key, data-worker the address of its worker, data-api where subscriptions are kept.

import { write } from "../core/render.js";
import { sent } from "../transports/http.js";

const WORDS = {
  unsupported: "This browser knows no push, or the page did not come over https.",
  denied: "This browser refuses notifications of the desk. Allow them in its settings for this site, then load the page again.",
  off: "This browser is not pushed to.",
  on: "This browser is pushed to.",
  failed: "The desk does not answer. Nothing was changed; try again.",
};

class PushDevice extends HTMLElement {
  #registration = null;

  async connectedCallback() {
    this.addEventListener("click", ({ target }) => this.#act(target.closest("[data-act]")));
    if (!this.dataset.key) return;
    if (!("serviceWorker" in navigator && "PushManager" in window)) return this.#say("unsupported");
    this.#registration = await registered(this.dataset.worker);
    const subscription = await this.#subscription();
    if (subscription) await this.#keep(subscription); // what the browser renewed by itself is told now
    else this.#say(Notification.permission === "denied" ? "denied" : "off");
    return undefined;
  }

  #subscription() {
    return this.#registration.pushManager.getSubscription();
  }

  #say(state, text = WORDS[state]) {
    write(this.querySelector("[data-part=said]"), text);
    this.querySelector("[data-act=subscribe]").hidden = state !== "off" && state !== "failed";
    this.querySelector("[data-act=unsubscribe]").hidden = state !== "on";
  }

  async #act(button) {
    if (!button) return;
    button.disabled = true; // until it is done
    await (button.dataset.act === "subscribe" ? this.#subscribe() : this.#unsubscribe());
    button.disabled = false;
  }

  async #subscribe() {
    if ((await Notification.requestPermission()) !== "granted") return this.#say("denied");
    try {
      const subscription = await this.#registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: this.dataset.key });
      return await this.#keep(subscription);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      return this.#say("failed", `The browser's push service refuses: ${error.message}`);
    }
  }

  /** Have the desk know a subscription, by the name of this browser. */
  async #keep(subscription) {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const answer = await sent("POST", this.dataset.api, { subscription: subscription.toJSON(), name: browserName(), zone });
    if (answer?.status === 200 || answer?.status === 201) return this.#say("on");
    return this.#say("failed", answer?.body?.detail);
  }

  async #unsubscribe() {
    const subscription = await this.#subscription();
    const answer = subscription && (await sent("DELETE", this.dataset.api, { endpoint: subscription.endpoint }));
    if (subscription && answer?.status !== 200 && answer?.status !== 404) return this.#say("failed");
    await subscription?.unsubscribe();
    return this.#say("off");
  }
}

/** The worker of this desk, from its own address alone: where addresses of scripts are checked, by a policy of its name. */
function registered(address) {
  const only = (url) => {
    if (new URL(url, location.href).href !== new URL("/push-worker.js", location.href).href) throw new TypeError(`no worker: ${url}`);
    return url;
  };
  const policy = window.trustedTypes?.createPolicy("service-worker", { createScriptURL: only });
  return navigator.serviceWorker.register(policy ? policy.createScriptURL(address) : only(address), { scope: "/" });
}

/** "Chrome on Android": how people tell their browsers apart. */
function browserName() {
  const text = navigator.userAgent;
  const browser = ["Edg", "Firefox", "Chrome", "Safari"].find((name) => text.includes(name)) ?? "A browser";
  const system = ["Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux"].find((name) => text.includes(name)) ?? "this device";
  return `${browser === "Edg" ? "Edge" : browser} on ${system}`;
}

customElements.define("push-device", PushDevice);
