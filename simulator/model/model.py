"""The loopback model: which of its characters answers, and what it was asked so far."""

import collections
import math

import msgspec

from simulator.asgi import Json
from simulator.model import liar, obedient, rules
from simulator.model.conversation import SimConversation, read_conversation
from simulator.model.quirks import QUIRKS
from simulator.model.replies import SimBrain, SimCall, SimReply

BYTES_A_TOKEN = 4
"""What it counts as a token."""
SIMULATED = "simulated"
CHARACTERS: dict[str, SimBrain] = {SIMULATED: rules.reply, "liar": liar.reply, "obedient": obedient.reply}
SCRIPT = "script:"
ENDED = "That is all."
_LOOP = SimReply(calls=(SimCall("get_quotes", {"symbols": ["SPY"]}),))


class SimUnknownModelError(ValueError):
    """There is no such model; the text says which there are."""


class SimModelBehaviour(msgspec.Struct, frozen=True):
    """A character and its quirks: what a model's name says."""

    character: str
    quirks: frozenset[str] = frozenset()


class SimModel:
    """The model. `behaviour` takes the place of the name in requests while it is set, so that a desk may be upset."""

    def __init__(self) -> None:
        self.address = ""
        """Where it is reached, host and port; whoever serves it says."""
        self.behaviour = ""
        self.scripts: dict[str, tuple[SimReply, ...]] = {}
        """Answers by name: the n-th is given where n answers were given already."""
        self.requests: collections.Counter[str] = collections.Counter()
        self.open = 0
        """Answers under way."""
        self.left = 0
        """Answers whose client left before their end."""
        self.last: Json = {}
        """The last request."""

    def read_behaviour(self, name: str, header: str = "") -> SimModelBehaviour:
        """Return what a name says, `header` naming further quirks. Raises SimUnknownModelError."""
        character, *quirks = (self.behaviour or name).split("+")
        quirks += [one for one in header.split("+") if one]
        is_known = character in CHARACTERS or character.removeprefix(SCRIPT) in self.scripts
        if not is_known or not QUIRKS.issuperset(quirks):
            known = [*CHARACTERS, *(SCRIPT + one for one in self.scripts)]
            raise SimUnknownModelError(
                f"There is no model {name!r}: {', '.join(known)}, with {', '.join(sorted(QUIRKS))}."
            )
        return SimModelBehaviour(character, frozenset(quirks))

    def reply(self, behaviour: SimModelBehaviour, body: Json) -> SimReply:
        """Return the answer to a request. Raises KeyError, TypeError or AttributeError where it is none."""
        if "loop" in behaviour.quirks:
            return _LOOP
        if behaviour.character.startswith(SCRIPT):
            script = self.scripts[behaviour.character.removeprefix(SCRIPT)]
            given = sum(1 for one in body["messages"] if one["role"] == "assistant")
            return script[given] if given < len(script) else SimReply(ENDED)
        conversation: SimConversation = read_conversation(body)
        return CHARACTERS[behaviour.character](conversation)

    def usage(self, body: Json, reply: SimReply, context: int | None = None) -> Json:
        """Return the tokens of a request and its answer: a token is four bytes of what is read and written.

        With a `context` of so many tokens, what is longer is cut off the prompt.
        """
        told = msgspec.json.encode([body.get("messages"), body.get("tools")])
        written = reply.text.encode() + msgspec.json.encode(reply.calls)
        prompt, completion = (math.ceil(len(raw) / BYTES_A_TOKEN) for raw in (told, written))
        if context is not None:
            prompt = min(prompt, max(1, context - completion))
        return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}

    @property
    def report(self) -> Json:
        """Where it is, as a desk needs to know it. It asks for no key, so it grants none."""
        return {"rest": f"http://{self.address}/v1", "model": SIMULATED, "grants": []}

    def stats(self) -> Json:
        """Return what it was asked and how many answers are under way."""
        return {"requests": dict(self.requests), "open": self.open, "left": self.left, "behaviour": self.behaviour}
