"""The door for tests and curious people to the loopback model: `/_sim/model/…`, as those of the venues are.

`POST` `behave` · `script`, and `GET` `stats` · `last`.
"""

import functools
import typing

import msgspec

from simulator import control_access
from simulator.asgi import Answer, Json, SimRequest
from simulator.model.model import SimModel, SimUnknownModelError
from simulator.model.replies import SimReply

CONTROL_PREFIX = "/_sim/model/"


class SimModelBehave(msgspec.Struct, forbid_unknown_fields=True):
    """The model whose name is to take the place of that in requests, with its quirks; empty: theirs counts again."""

    model: str


class SimModelScript(msgspec.Struct, forbid_unknown_fields=True):
    """Answers that `script:NAME` gives one after the other."""

    name: str
    replies: tuple[SimReply, ...]


def answer(model: SimModel, request: SimRequest) -> Answer:
    """Answer one request of the door."""
    reports = {"stats": model.stats, "last": lambda: model.last}
    acts = {name: functools.partial(act, model) for name, act in ACTS.items()}
    return control_access.answer(request, CONTROL_PREFIX, reports, acts, (SimUnknownModelError,))


def _behave(model: SimModel, body: bytes) -> Json:
    wanted = msgspec.json.decode(body, type=SimModelBehave).model
    before, model.behaviour = model.behaviour, ""
    try:
        if wanted:
            model.read_behaviour(wanted)
        model.behaviour = wanted
    except SimUnknownModelError:
        model.behaviour = before
        raise
    return {"model": wanted}


def _script(model: SimModel, body: bytes) -> Json:
    wanted = msgspec.json.decode(body, type=SimModelScript)
    model.scripts[wanted.name] = wanted.replies
    return {"model": f"script:{wanted.name}"}


ACTS: dict[str, typing.Callable[[SimModel, bytes], Json]] = {"behave": _behave, "script": _script}
"""What the door does, by its name there."""
