// Whether a model would answer, and which, in words.

import { fetched } from "../transports/http.js";

const HEALTH_MS = 10_000;
const SAID = {
  unconfigured: "No model is configured.",
  unreachable: "The model does not answer.",
  busy: "The model is busy.",
};

/** What is told of a model: {name, isSimulated, said}; `said` is "" where it is ready, null where nothing is known. */
export function toldOf({ status, model, is_simulated: isSimulated = false }) {
  const name = isSimulated ? "simulated model" : (model ?? "");
  return { name, isSimulated, said: status === "ready" ? "" : (SAID[status] ?? null) };
}

/** Ask the desk. Resolves to the same. */
export async function askHealth() {
  const answer = await fetched("/chat/health", { signal: AbortSignal.timeout(HEALTH_MS) });
  return toldOf(answer?.body ?? {});
}
