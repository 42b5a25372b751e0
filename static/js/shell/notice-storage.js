// What happened, as a tab of the browser keeps it from page to page: for whoever is signed in, and nobody after them. Pure.

/** The notices of `person` in what was kept; those of anybody else are not theirs to read. */
export function recalled(text, person) {
  const kept = JSON.parse(text ?? "null");
  return person && kept?.person === person ? kept.notices : [];
}

/** What is to be kept. */
export const kept = (notices, person) => JSON.stringify({ person, notices });
