"""The keys the SDK's models know of a body: the venue's published fields, as far as a client can read them."""

import typing

from pydantic import BaseModel

from simulator.asgi import Json


def keys(model: type[BaseModel], *, required: bool | None = None) -> set[str]:
    """The keys of a model on the wire; only the required ones, or only the others, when asked."""
    return {
        field.alias or name
        for name, field in model.model_fields.items()
        if required is None or field.is_required() == required
    }


def lacking(model: type[BaseModel], bodies: typing.Sequence[Json]) -> set[str]:
    """What `bodies` leave out: required keys that one of them has not, and optional ones that none of them has."""
    assert bodies
    everywhere = set(bodies[0]).intersection(*bodies)
    somewhere = {key for body in bodies for key in body}
    return (keys(model, required=True) - everywhere) | (keys(model, required=False) - somewhere)
