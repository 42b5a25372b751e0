// Who gets a person's words: asked before the first of them leaves, and again for another host.

import { write } from "../core/render.js";
import { sent } from "../transports/http.js";
import { button, made } from "./elements.js";

/** Agree that `host` gets this person's words and data. Resolves to why that failed, else to "". */
export async function agree(host) {
  const answer = await sent("POST", "/chat/consent", { host });
  if (answer?.status < 300) return "";
  return answer?.body?.error?.message ?? answer?.body?.detail ?? "The desk does not answer. Nothing was sent; try again.";
}

/** The question, with a button that does `agreed`, which resolves to why that failed. */
export function question(host, detail, agreed) {
  const said = made("p", { className: "turn-note", hidden: true });
  const yes = button("agree", "Agree and ask", { className: "button small primary" });
  yes.addEventListener("click", async () => {
    yes.disabled = true;
    const refused = await agreed();
    yes.disabled = false;
    write(said, refused);
    said.hidden = !refused;
  });
  const about = ["What you ask, and what the tools find of your accounts to answer it, goes to ", made("b", {}, host), ". "];
  const parts = [made("p", {}, ...about, detail), made("p", {}, yes), said];
  return made("section", { className: "consent", ariaLabel: "Who gets your words" }, ...parts);
}
