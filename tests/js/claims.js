// A claim is a sentence and a function that throws when it is not true. Runs in any browser, and under `node --test`.

const claims = [];

// Browsers have no such module, and need none: whoever opens the page asks for the results.
const node = globalThis.process?.versions?.node ? await import("node:test") : null;

export function claim(sentence, check) {
  if (node) node.test(sentence, check);
  else claims.push({ sentence, check });
}

/** Throws unless both are the same when written as JSON. */
export function same(got, wanted) {
  const [a, b] = [JSON.stringify(got), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`got ${a}, wanted ${b}`);
}

export function isTrue(value, saying = "not true") {
  if (!value) throw new Error(saying);
}

/** Check every claim in a browser; resolves to [{sentence, error}], error null where it holds. */
export async function results() {
  const found = [];
  for (const { sentence, check } of claims) {
    let error = null;
    try {
      await check();
    } catch (thrown) {
      error = String(thrown.stack ?? thrown);
    }
    found.push({ sentence, error });
  }
  return found;
}
