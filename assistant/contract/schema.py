"""JSON schemas of what tools take and give, without references: some clients follow none."""

import functools
import typing

import msgspec

from assistant.contract.tool import ToolOutput

Schema = dict[str, typing.Any]
_PLACE = "#/$defs/{name}"


@functools.cache
def schema_of(struct: type[msgspec.Struct]) -> Schema:
    """Return the schema of a struct: an object with no other fields than its own."""
    (found,), parts = msgspec.json.schema_components([struct], ref_template=_PLACE)
    inlined = _inline(found, parts)
    if issubclass(struct, ToolOutput):
        for one in inlined["properties"].values():
            one.pop("default", None)  # a result is whole
    schema: Schema = {"type": "object", "properties": {}, "additionalProperties": False} | inlined
    return schema


def _inline(part: typing.Any, parts: typing.Mapping[str, Schema]) -> typing.Any:
    """Return a part with every reference replaced by what it stands for, and without names of classes."""
    if isinstance(part, list):
        return [_inline(one, parts) for one in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _inline(parts[part["$ref"].rpartition("/")[2]], parts)
    if part.get("format") == "decimal":
        return {name: value for name, value in part.items() if name != "format"} | {"type": "number"}
    is_schema = part.get("type") == "object" and "title" in part
    kept = {name: value for name, value in part.items() if not (is_schema and name in ("title", "description"))}
    kept = {name: value for name, value in kept.items() if not (name == "required" and not value)}
    return _joined({name: _inline(value, parts) for name, value in kept.items()})


def _joined(part: Schema) -> Schema:
    """Return a part whose choices are plain types as one that lists these types, which is shorter."""
    choices = part.get("anyOf")
    if not isinstance(choices, list) or any(one.keys() != {"type"} for one in choices):
        return part
    rest = {name: value for name, value in part.items() if name != "anyOf"}
    return {"type": [one["type"] for one in choices]} | rest
