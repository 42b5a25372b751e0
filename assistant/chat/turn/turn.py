"""The loop of one turn: trim, ask the model, run the calls it requests, check its answer, and again."""

import asyncio
import contextlib
import json
from collections.abc import Sequence

import msgspec

from assistant.chat.grounding.checker import AnswerChecker
from assistant.chat.grounding.evidence import Evidence
from assistant.chat.grounding.pieces import Piece, Warned
from assistant.chat.provider import client
from assistant.chat.provider.errors import ProviderError
from assistant.chat.provider.events import CallRequest, Finished, TextDelta, Usage
from assistant.chat.safety.canary import CanaryFilter
from assistant.chat.safety.taint import Taint
from assistant.chat.turn import system_text
from assistant.chat.turn.asker import Asker
from assistant.chat.turn.events import TurnOutcome, TurnStatus
from assistant.chat.turn.pauses import with_pauses
from assistant.chat.turn.tokens import Message, estimate_for
from assistant.chat.turn.tool_list import offered_tools
from assistant.chat.turn.tool_round import Tell, ToolRounds
from assistant.chat.turn.trimming import ContextTooLongError, trim_messages

NO_CALL = "The model could not call a tool. Ask in other words, or use /positions or /quote."
REPEATED = "The model began to repeat its instructions. The rest is left out."
LIMIT_REACHED = "The limit of this turn is reached."
CUT = "The model was cut off. What is here is kept; ask again."
TOO_LATE = "The turn took longer than {limit:g} s. What is here is kept."
TOO_LONG = "The question is too long for this model. Shorten it."


class TurnLoop:
    """One turn. `usage` is what it has cost so far, also where it is cancelled."""

    def __init__(self, asker: Asker, history: Sequence[Message], question: str, tell: Tell) -> None:
        """`history` is that of earlier turns; `tell` takes the events and pieces in their order, one at a time."""
        self._asker = asker
        self._limits = asker.limits
        self._history = history
        self._turn: list[Message] = [{"role": "user", "content": question}]
        self._tell = tell
        self._evidence = Evidence()
        self._evidence.add_question(question)
        self._checker = AnswerChecker(self._evidence, asker.zone)
        self._taint = Taint()
        self._tools = offered_tools(question, self._limits.tool_list_bytes)
        self._rounds = ToolRounds(asker, self._evidence, self._taint, tell)
        self._characters = 0
        self._hints = 0
        self.usage = Usage(0, 0, False)

    async def run(self) -> TurnOutcome:
        """Run the turn. A model server that fails is an outcome with an error."""
        error = None
        reason = "stop"
        try:
            async with asyncio.timeout(self._limits.turn_s):
                reason = await self._run_rounds()
        except ProviderError as found:
            error = found
        except TimeoutError:
            error = ProviderError("timeout", TOO_LATE.format(limit=self._limits.turn_s))
        await self._tell_pieces(self._checker.end())
        return TurnOutcome(
            finish_reason=reason, usage=self.usage, is_tainted=self._taint.is_tainted, error=error
        )  # fmt: skip

    async def _run_rounds(self) -> str:
        """Ask until there is an answer. Returns why it ended. Raises ProviderError."""
        for number in range(1, self._limits.rounds + 1):
            is_last = number == self._limits.rounds or self._rounds.is_over
            await self._tell(TurnStatus("asking the model"))
            asked = _AskedRound(self._tools if not is_last else [])
            await self._ask(asked, is_last)
            if asked.canary.is_cut:
                await self._tell_pieces([*self._checker.flush(), Warned(REPEATED)])
                return "content_filter"
            if self._characters >= self._limits.answer_characters:
                return "length"
            finished = asked.finished
            if finished is None or finished.is_cut:
                raise ProviderError("provider_error", CUT)
            if finished.is_text_call:
                if not await self._hint(is_last):
                    return "stop"
            elif not finished.calls:
                return finished.reason
            elif is_last:
                break
            else:
                await self._call(asked.text, finished.calls[: self._rounds.left + 1])
        await self._tell_pieces([*self._checker.flush(), Warned(LIMIT_REACHED)])
        return "length"

    async def _ask(self, asked: "_AskedRound", is_last: bool) -> None:
        """Ask the model once, and tell its text as it comes. Raises ProviderError."""
        messages = self._messages(asked.tools, is_last)
        stream = client.stream_completion(
            self._asker.server, messages, asked.tools,
            max_tokens=self._limits.answer_tokens, temperature=self._asker.temperature,
        )  # fmt: skip
        estimate = estimate_for(self._asker.server.model)
        before = self.usage
        prompt = estimate.count(messages, asked.tools)
        self.usage = _plus(before, Usage(prompt, 0, True))
        try:
            async with contextlib.aclosing(with_pauses(stream, self._limits.hold_s)) as events:
                async for event in events:
                    if event is None:
                        await self._tell_pieces(self._checker.flush())
                    elif isinstance(event, TextDelta):
                        asked.received += len(event.text)
                        self.usage = _plus(before, Usage(prompt, estimate.count_characters(asked.received), True))
                        await self._show(asked, asked.canary.feed(event.text))
                        if self._characters >= self._limits.answer_characters or asked.canary.is_cut:
                            return
                    else:
                        asked.finished = event
                        self.usage = _plus(before, event.usage)
                        if not event.usage.is_estimated:
                            estimate.learn(messages, asked.tools, event.usage.prompt)
            await self._show(asked, asked.canary.end())
        except ProviderError:
            if not asked.received:
                self.usage = before  # nobody is charged for what no model read
            raise

    def _messages(self, tools: list[Message], is_last: bool) -> list[Message]:
        """Return what the model reads. Raises ProviderError where the question alone is too long."""
        system = {"role": "system", "content": system_text.SYSTEM_TEXT}
        turn = [*self._turn, {"role": "user", "content": system_text.LAST_ROUND}] if is_last else self._turn
        estimate = estimate_for(self._asker.server.model)
        try:
            return trim_messages(system, self._history, turn, tools, estimate, self._limits.prompt_tokens)
        except ContextTooLongError as error:
            raise ProviderError("context_length_exceeded", TOO_LONG) from error

    async def _show(self, asked: "_AskedRound", text: str) -> None:
        """Check text of the answer, and tell what may be shown of it."""
        text = text[: self._limits.answer_characters - self._characters]
        if text:
            self._characters += len(text)
            asked.text += text
            await self._tell_pieces(self._checker.feed(text))

    async def _tell_pieces(self, pieces: Sequence[Piece]) -> None:
        for piece in pieces:
            await self._tell(piece)

    async def _hint(self, is_last: bool) -> bool:
        """Ask a model once to call its tools properly. Returns whether it is asked again."""
        self._hints += 1
        if is_last or self._hints > 1:
            await self._tell(Warned(NO_CALL))
            return False
        self._turn.append({"role": "user", "content": system_text.HINT})
        return True

    async def _call(self, text: str, requests: Sequence[CallRequest]) -> None:
        """Run calls, and append them with their results."""
        after = self._checker.feed("\n\n") if text.strip() else []  # the next round begins a sentence of its own
        await self._tell_pieces([*after, *self._checker.flush()])
        calls = [
            {"id": one.id, "type": "function", "function": {"name": one.name, "arguments": self._written(one)}}
            for one in requests
        ]
        self._turn.append({"role": "assistant", "content": text or None, "tool_calls": calls})
        self._turn.extend(await self._rounds.run(requests))

    def _written(self, request: CallRequest) -> str:
        """Return the arguments as the model server reads them back: none of what is no JSON, or too long."""
        is_kept = request.arguments is not None and self._rounds.is_short(request)
        return request.text if is_kept else json.dumps({})


class _AskedRound(msgspec.Struct):
    """What came of asking the model once."""

    tools: list[Message]
    text: str = ""
    received: int = 0
    finished: Finished | None = None
    canary: CanaryFilter = msgspec.field(default_factory=lambda: CanaryFilter(system_text.CANARY))


def _plus(one: Usage, other: Usage) -> Usage:
    return Usage(one.prompt + other.prompt, one.completion + other.completion, one.is_estimated or other.is_estimated)
