// When the owner of this page's board was heard last, by clocks that cannot both be fooled. Pure; times in ms.
//
// `mono` counts while this machine is awake, `wall` is what the person's clock shows: it counts a laptop's sleep, too.
// Whichever says that more time went by is believed. A clock that was set costs a doubt of one beat.

/** A page that heard nothing for this long does not know whether what it shows is still so. Beats come every 2 s. */
export const SILENT_MS = 5_000;

/** What only comes when the owner lives: their frames, their beats, and a poll's word that they are fed. */
export const isWord = ({ type, isFed = true }) =>
  type === "frame" || type === "beat" || type === "welcome" || (type === "level" && isFed);

export class LastWord {
  /** When it was heard, in the server's time; null before the first. */
  at = null;
  #mono = 0;
  #wall = 0;

  /** Something was heard, when the clocks showed this. */
  onReceived(mono, wall, at) {
    this.#mono = mono;
    this.#wall = wall;
    this.at = at;
  }

  /** For how long nothing was heard. */
  silence(mono, wall) {
    return this.at === null ? 0 : Math.max(mono - this.#mono, wall - this.#wall);
  }
}
