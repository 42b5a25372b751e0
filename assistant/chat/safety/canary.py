"""A word in the system text that no answer and no argument may hold: what repeats it repeats the prompt. Pure."""

import re
import secrets

_NOT_SHOWN = re.compile(r"[^a-z0-9]")


class Canary:
    """The canary of one turn."""

    def __init__(self, word: str = "") -> None:
        """`word` is drawn at random unless given."""
        self.word = word or secrets.token_hex(8)

    def is_in(self, text: str) -> bool:
        """Whether a text holds it, also in capitals, spaced or reversed."""
        plain = _NOT_SHOWN.sub("", text.lower())
        return self.word in plain or self.word[::-1] in plain


class CanaryFilter:
    """Cuts an answer that comes in parts before the canary: no part of the word is let go before it is known."""

    def __init__(self, canary: Canary) -> None:
        self._canary = canary
        self._held = ""
        self.is_cut = False
        """Whether the canary came; nothing is let go from then on."""

    def feed(self, text: str) -> str:
        """Take text of the answer. Returns what may go on."""
        if self.is_cut:
            return ""
        self._held += text
        if self._canary.is_in(self._held):
            self.is_cut = True
            return ""
        keep = _open_length(self._held, self._canary.word)
        shown, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        return shown

    def end(self) -> str:
        """Return the rest."""
        shown, self._held = self._held, ""
        return "" if self.is_cut else shown


def _open_length(text: str, word: str) -> int:
    """Return how many of the last characters may begin the word, or its reverse."""
    letters = [(place, letter) for place, letter in enumerate(text.lower()) if not _NOT_SHOWN.match(letter)]
    plain = "".join(letter for _, letter in letters)
    for length in range(min(len(word) - 1, len(plain)), 0, -1):
        if plain.endswith((word[:length], word[::-1][:length])):
            return len(text) - letters[-length][0]
    return 0
