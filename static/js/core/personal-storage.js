// What a browser keeps that is about a person and not about the device: it goes when they are signed out.

const PERSONAL = /^tapedeck\.(notices|legs)\b/;

/** Forget notices and legs; what belongs to the device, as its theme and columns, stays. */
export function forget() {
  for (const storage of [sessionStorage, localStorage]) {
    for (const key of Object.keys(storage)) if (PERSONAL.test(key)) storage.removeItem(key);
  }
}
