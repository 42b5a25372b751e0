// Asks the desk for an answer, and passes on what comes of it.

import { csrfToken } from "../transports/http.js";
import { EventLines, eventsOf } from "./event-stream.js";

const ADDRESS = "/chat/complete";
const AWAY = { kind: "refused", status: 0, code: "away", detail: "The desk does not answer. Nothing was lost; ask again." };

/** Post `body` as this page. Resolves to a Response. Throws TypeError where nothing answers. */
export const post = (address, body, signal) =>
  fetch(address, {
    method: "POST",
    signal,
    cache: "no-store",
    redirect: "error",
    body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
  });

/**
 * The events of an answer to `body`, as event-stream.js has them. First or last may be `refused` ({status, code, detail,
 * host}), last `cut`: the stream ended before its end. Returns without a word once `signal` is aborted.
 */
export async function* complete(body, signal) {
  try {
    const answer = await post(ADDRESS, { ...body, stream: true }, signal);
    if (!answer.ok) yield await refusal(answer);
    else yield* read(answer);
  } catch (error) {
    if (signal.aborted) return;
    if (error.name !== "TypeError") throw error;
    yield AWAY;
  }
}

async function* read(answer) {
  const lines = new EventLines();
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let isWhole = false;
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      for (const data of lines.read(part.value)) {
        if (data === "[DONE]") return;
        const events = eventsOf(parsed(data));
        isWhole ||= events.some(({ kind }) => kind === "error");
        yield* events;
      }
    }
  } catch (error) {
    if (error.name !== "TypeError") throw error; // the network ended it
  }
  if (!isWhole) yield { kind: "cut" };
}

function parsed(data) {
  try {
    return JSON.parse(data);
  } catch {
    return { error: { code: "provider_error", message: "The answer could not be read." } };
  }
}

async function refusal(answer) {
  const body = await answer.json().catch(() => ({}));
  const { code = "", message = body.detail ?? `The desk refused it (${answer.status}).` } = body.error ?? {};
  const { status } = answer;
  return { kind: "refused", status, code: code || body.code, detail: message, host: body.tapedeck?.host ?? "" };
}
