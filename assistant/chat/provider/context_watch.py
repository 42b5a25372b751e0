"""Whether a model server cuts prompts without a word: some do, from the front, where the instructions are. Pure."""

import collections

from assistant.chat.provider.completion import BYTES_A_TOKEN
from assistant.chat.provider.events import Usage
from assistant.chat.server import ModelServer

LEAST_BYTES = 2_048
"""Shorter prompts tell nothing: what a server adds to them weighs too much."""
FAR_BELOW = 0.5
STEP = 256
"""Contexts are multiples of it."""
REPEATS = 3
"""So many answers whose tokens, prompt and answer together, come to the same multiple are no accident."""


class ContextWatch:
    """What one model counted so far."""

    def __init__(self) -> None:
        self._totals: collections.Counter[int] = collections.Counter()
        self.cut_at: int | None = None
        """At how many tokens it seems to cut, by what it counted last; None where it does not."""

    def observe(self, prompt_bytes: int, usage: Usage) -> None:
        """Take what a server counted for a prompt of so many bytes."""
        if usage.is_estimated or prompt_bytes < LEAST_BYTES:
            return
        total = usage.prompt + usage.completion
        if total % STEP == 0:
            self._totals[total] += 1
        is_short = usage.prompt < FAR_BELOW * prompt_bytes / BYTES_A_TOKEN
        self.cut_at = total if is_short or self._totals[total] >= REPEATS else None


_watches: dict[tuple[str, str], ContextWatch] = {}


def watch_of(server: ModelServer) -> ContextWatch:
    """Return what is known in this process of a model: of the one that is configured, so there are few."""
    return _watches.setdefault((server.base_url, server.model), ContextWatch())
