// Lends objects to a test: a line {id, of, call, args} on stdin calls a method of one, a line {id, result} or
// {id, error} on stdout answers. What an object says by itself is a line {event, ...}.

import readline from "node:readline";
import { WebSocket } from "ws";

globalThis.WebSocket ??= WebSocket; // Node has had its own since version 22
console.log = console.info = console.debug = console.error; // stdout carries the lines alone

export function tell(line) {
  process.stdout.write(JSON.stringify(line) + "\n");
}

async function answer(objects, { id, of, call, args }) {
  try {
    tell({ id, result: (await objects[of][call](...args)) ?? null });
  } catch (error) {
    const { status, data } = error.response ?? {};
    tell({ id, error: { status: status ?? null, body: data ?? null, message: String(error.message ?? error) } });
  }
}

/** Do what the test says until it hangs up. */
export function serve(objects) {
  const lines = readline.createInterface({ input: process.stdin });
  lines.on("line", (line) => answer(objects, JSON.parse(line)));
  lines.on("close", () => process.exit(0));
}
