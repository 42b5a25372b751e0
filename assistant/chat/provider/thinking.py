"""What a model thinks aloud between <think> and </think>, which is no answer. Pure."""

OPENING, CLOSING = "<think>", "</think>"


class ThinkingFilter:
    """Drops what stands between the marks, wherever the pieces of an answer end. `dropped` counts its characters."""

    def __init__(self) -> None:
        self.dropped = 0
        self._rest = ""
        self._is_thinking = False

    def feed(self, text: str) -> str:
        """Take a piece. Returns what is answer for certain by now; it may be empty."""
        self._rest += text
        shown = []
        while (place := self._rest.find(self._mark)) >= 0:
            shown.append(self._take(place))
            self._rest = self._rest[len(self._mark) :]
            self._is_thinking = not self._is_thinking
        shown.append(self._take(len(self._rest) - _begun(self._rest, self._mark)))
        return "".join(shown)

    def end(self) -> str:
        """Return what was held back: a mark that was begun and is none."""
        return self._take(len(self._rest))

    @property
    def _mark(self) -> str:
        return CLOSING if self._is_thinking else OPENING

    def _take(self, count: int) -> str:
        """Take so many characters off the rest. Returns them, unless they are thought."""
        taken, self._rest = self._rest[:count], self._rest[count:]
        if not self._is_thinking:
            return taken
        self.dropped += len(taken)
        return ""


def _begun(text: str, mark: str) -> int:
    """Return how many characters at the end of a text may begin a mark."""
    return next((size for size in range(min(len(mark) - 1, len(text)), 0, -1) if text.endswith(mark[:size])), 0)
