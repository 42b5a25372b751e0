// This site over plain HTTP: whether the desk answers, what it says, and watches too long for an address.

import { codeOf, retryAfter } from "./close-codes.js";

/** How long the desk may take to show that it is there (ms). */
const ANSWER_MS = 5_000;
/** Longer addresses are refused by what stands between a page and its desk (characters). */
const ADDRESS_LENGTH = 1_500;

const views = new Map();

/** The address of a socket on the origin `page` came from, as safe on its way as the page was. */
export function socketAddress(path, page = location.href) {
  const address = new URL(path, page);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return address.href;
}

/**
 * Ask for `address`. Resolves to {status, body, code, least}: `body` is JSON or null, `code` what a refusal means, `least`
 * how long to wait then (ms). Null when nothing answers, or something that is not this desk. `beaten` is called for each
 * blank that comes before the body: whoever answers still lives.
 */
export async function fetched(address, options = {}, beaten = null) {
  const answer = await orNull(fetch(address, { cache: "no-store", redirect: "error", ...options }));
  if (!answer) return null;
  const { ok, status, headers } = answer;
  const isStream = ok && (headers.get("Content-Type") ?? "").startsWith("text/event-stream");
  const body = isStream ? await answer.body.cancel() : await orNull(beaten ? slowly(answer, beaten) : answer.json());
  if (!body && !isStream) return null;
  return { status, body, code: ok ? null : codeOf(status, body), least: retryAfter(headers.get("Retry-After")) };
}

/** Read JSON that has blanks before it, as they come. */
async function slowly(answer, beaten) {
  let text = "";
  for await (const part of parts(answer.body.pipeThrough(new TextDecoderStream()).getReader())) {
    text += part;
    if (text.trim() === "") beaten();
  }
  return JSON.parse(text);
}

async function* parts(reader) {
  for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
}

/** No network, a redirect, an end in the middle, or a page where JSON was due: not the desk, whatever it is. */
const NOT_THE_DESK = ["TypeError", "SyntaxError", "AbortError", "TimeoutError"];

async function orNull(answering) {
  try {
    return await answering;
  } catch (error) {
    if (NOT_THE_DESK.includes(error.name)) return null;
    throw error;
  }
}

/** Whether the desk answers at all. */
export async function deskAnswers() {
  const answer = await fetched("/health/", { signal: AbortSignal.timeout(ANSWER_MS) });
  return answer?.body?.service === "tapedeck";
}

/** For whom this page was made, as {person}: with its cookie somebody else may have signed in meanwhile. */
export function whose() {
  const { mine } = document.documentElement.dataset;
  return mine ? { person: Number(mine) } : {};
}

/**
 * The address that asks for a stream. A watch that is too long for one is stored first. Resolves to {address}, or to
 * {code, least} when the desk refused to store it; null when it did not answer.
 */
export async function streamAddress(path, { watch, cursor, interval }, more = {}) {
  const address = new URL(path, location.href);
  const text = JSON.stringify(watch);
  address.searchParams.set("watch", text);
  if (cursor) address.searchParams.set("cursor", cursor);
  if (interval) address.searchParams.set("interval_ms", interval);
  for (const [name, value] of Object.entries({ ...whose(), ...more })) address.searchParams.set(name, value);
  if (address.href.length <= ADDRESS_LENGTH) return { address: address.href };
  const stored = views.get(text) ?? (await store(text));
  if (!stored?.view) return stored;
  views.set(text, stored);
  address.searchParams.delete("watch");
  address.searchParams.set("view", stored.view);
  return { address: address.href };
}

/** The desk does not know the views it stored any more. */
export const forgetViews = () => views.clear();

async function store(watch) {
  const answer = await fetched("/api/stream/view/", {
    method: "POST",
    body: watch,
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  return answer && { view: answer.status === 201 ? answer.body.view : null, code: answer.code, least: answer.least };
}

/** The token of the forms of this page. */
export const csrfToken = () => document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "";

/** Send `body` as JSON with `method`. Resolves to what `fetched` does. Goes on when the page is left. */
export function sent(method, address, body) {
  return fetched(address, {
    method,
    keepalive: true,
    body: body === undefined ? undefined : JSON.stringify(body),
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
  });
}
