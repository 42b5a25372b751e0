"""The limits of one turn. They shrink with the context of the model."""

import msgspec

BYTES_PER_TOKEN = 3.6


class TurnLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of one turn, in calls, seconds, bytes, tokens and characters.

    `repeats` is how often equal arguments reach a tool's answer; one more ends the calls of the turn.
    """

    rounds: int = 6
    calls: int = 12
    at_once: int = 4
    repeats: int = 2
    tool_s: float = 8.0
    tools_s: float = 30.0
    turn_s: float = 90.0
    result_bytes: int = 8_192
    results_bytes: int = 32_768
    arguments_bytes: int = 4_096
    arguments_depth: int = 6
    answer_tokens: int = 1_024
    answer_characters: int = 12_000
    context_tokens: int = 128_000
    hold_s: float = 0.3
    """How long the end of an open sentence may wait to be checked."""

    @property
    def tool_list_bytes(self) -> int:
        """How long the list of tools may be: a fifth of the context."""
        return min(10_240, int(self.context_tokens * 0.2 * 3.2))

    @property
    def prompt_tokens(self) -> int:
        """How long the messages and tools may be: the context without the answer and a tenth."""
        return int(self.context_tokens * 0.9) - self.answer_tokens


def limits_for(context_tokens: int, *, turn_s: float, max_tokens: int | None = None) -> TurnLimits:
    """Return the limits with a model of that context. `max_tokens` shortens the answer."""
    answer = min(TurnLimits().answer_tokens, context_tokens // 5, max_tokens or context_tokens)
    results = min(TurnLimits().results_bytes, int(context_tokens * 0.4 * BYTES_PER_TOKEN))
    return TurnLimits(
        turn_s=turn_s,
        context_tokens=context_tokens,
        answer_tokens=answer,
        results_bytes=results,
        result_bytes=min(TurnLimits().result_bytes, results),
    )
