"""Reads a rule from JSON and writes it, the one way. Every error names its place. Pure."""

import decimal
import re
import typing
from collections.abc import Mapping

import msgspec

from alerts.rules.errors import RuleError
from alerts.rules.fields import LENGTHS, MARKED, PRICES, FieldRef, has_sessions, parse_field
from alerts.rules.filters import read_filter, read_scope
from alerts.rules.spec import (
    MOST_DEPTH,
    MOST_FOR_S,
    MOST_LEAVES,
    MOST_NOTE,
    MOST_TEXT,
    MOVES,
    RANGES,
    Bound,
    Comparator,
    Filter,
    Group,
    Leaf,
    Rearm,
    RuleSpec,
    Session,
    Trigger,
)
from alerts.rules.values import (
    Json,
    check_keys,
    read_choice,
    read_number,
    read_text,
    read_texts,
    read_whole,
    show,
)

_decoder = msgspec.json.Decoder(dict[str, typing.Any], float_hook=decimal.Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")
_RULE_KEYS = ("when", "trigger", "interval", "rearm", "for_s", "session", "expires", "channels", "quiet", "note")
_LEAF_KEYS = ("field", "is", "value", "within_s", "by", "of")
_QUIET = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d-(?:[01]\d|2[0-3]):[0-5]\d")


def parse_rule(given: str | bytes | Mapping[str, Json]) -> RuleSpec:
    """Read a rule: JSON text, or what it decodes to with Decimals. Raises RuleError with the place of what is wrong."""
    body = _decode(given) if isinstance(given, str | bytes) else given
    check_keys(body, _RULE_KEYS, "")
    if "when" not in body:
        raise RuleError("when", "is missing: what the rule waits for")
    when = _group(body["when"], "when", 1)
    if len(when.leaves) > MOST_LEAVES:
        raise RuleError("when", f"compares {len(when.leaves)} things; {MOST_LEAVES} at most")
    spec = RuleSpec(
        when=when,
        trigger=read_choice(body.get("trigger", "once"), typing.get_args(Trigger), "trigger"),
        interval=read_choice(body.get("interval", "1m"), tuple(LENGTHS), "interval"),
        rearm=_rearm(body.get("rearm")),
        for_s=read_whole(body.get("for_s", 0), "for_s", MOST_FOR_S),
        session=read_choice(body.get("session", _usual_session(when)), typing.get_args(Session), "session"),
        expires=None if body.get("expires") is None else read_whole(body["expires"], "expires", 2**53),
        channels=read_texts(body.get("channels", []), "channels", 20, 64),
        quiet=_quiet(body.get("quiet", [])),
        note=read_text(body.get("note", ""), "note", MOST_NOTE),
    )
    _check_sense(spec)
    return spec


def _decode(text: str | bytes) -> Mapping[str, Json]:
    if len(text) > MOST_TEXT:
        raise RuleError("", f"a rule is at most {MOST_TEXT} characters")
    try:
        return _decoder.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise RuleError("", f"not a JSON object: {error}") from error


def _usual_session(when: Group) -> Session:
    """Return the session of a rule that names none: regular where prices of something with sessions count, or marks."""
    subjects = {leaf.field.field.subject for leaf in when.leaves}
    symbols = [field.symbol for leaf in when.leaves for field in leaf.fields if field.symbol]
    has_market = subjects & {"symbol", "option"} and any(has_sessions(symbol) for symbol in symbols)
    has_marks = any(
        field.field.subject in ("position", "account") and field.field.name in MARKED
        for leaf in when.leaves
        for field in leaf.fields
    )
    return "regular" if has_market or has_marks else "always"


def _quiet(given: Json) -> tuple[str, ...]:
    hours = read_texts(given, "quiet", 4, 11)
    for at, text in enumerate(hours):
        if _QUIET.fullmatch(text) is None:
            raise RuleError(f"quiet[{at}]", f"is written like 22:00-07:00, not {show(text)}")
    return hours


def _rearm(given: Json) -> Rearm | None:
    if given is None:
        return None
    known = Rearm.__struct_fields__
    check_keys(given, known, "rearm")
    if len(given) != 1:
        raise RuleError("rearm", f"has one of {', '.join(known)}")
    ((key, value),) = given.items()
    number = read_number(value, f"rearm.{key}")
    if number < 0:
        raise RuleError(f"rearm.{key}", "is not less than 0")
    return Rearm(**{key: number})


def _group(given: Json, place: str, depth: int) -> Group:
    check_keys(given, ("all", "any"), place)
    if len(given) != 1:
        raise RuleError(place, "has either all or any")
    if depth > MOST_DEPTH:
        raise RuleError(place, f"is nested deeper than {MOST_DEPTH}")
    ((how, parts),) = given.items()
    here = f"{place}.{how}"
    if not isinstance(parts, list | tuple) or not parts:
        raise RuleError(here, "is a list of at least one comparison")
    if len(parts) > MOST_LEAVES:
        raise RuleError(here, f"has {len(parts)} parts; {MOST_LEAVES} at most")
    return Group(how, tuple(_part(part, f"{here}[{at}]", depth) for at, part in enumerate(parts)))


def _part(given: Json, place: str, depth: int) -> Group | Leaf:
    if isinstance(given, Mapping) and ("all" in given or "any" in given):
        return _group(given, place, depth + 1)
    check_keys(given, _LEAF_KEYS, place)
    field = parse_field(read_text(given.get("field"), f"{place}.field", 64), f"{place}.field")
    comparator: Comparator = read_choice(given.get("is"), typing.get_args(Comparator), f"{place}.is")
    _check_comparator(field, comparator, f"{place}.is")
    return Leaf(
        field=field,
        comparator=comparator,
        value=_value(given.get("value"), field, comparator, f"{place}.value"),
        within_s=_within(given, comparator, place),
        by=read_choice(given.get("by", "percent"), ("percent", "value"), f"{place}.by"),
        of=read_scope(given.get("of"), field, f"{place}.of"),
        place=place,
    )


def _check_comparator(field: FieldRef, comparator: Comparator, place: str) -> None:
    is_event = field.field.unit == "event"
    if is_event != (comparator == "happens"):
        fitting = "happens" if is_event else "compared with a value"
        raise RuleError(place, f"{field.text} is {fitting}; {comparator} does not fit")
    if comparator in MOVES and not (field.field.subject == "symbol" and field.field.name in PRICES):
        raise RuleError(place, f"{comparator} is said of {', '.join(PRICES)}, not of {field.text}")
    if field.field.needs[-1] in ("clock", "link") and field.field.unit == "seconds" and comparator != "above":
        raise RuleError(place, f"{field.text} can only be above a number of seconds")


def _within(given: Mapping[str, Json], comparator: Comparator, place: str) -> int:
    if comparator not in MOVES:
        for key in ("within_s", "by"):
            if key in given:
                raise RuleError(f"{place}.{key}", f"belongs to {' and '.join(sorted(MOVES))}")
        return 0
    within = read_whole(given.get("within_s"), f"{place}.within_s", 4 * 3600)
    if within < 1:
        raise RuleError(f"{place}.within_s", "is at least 1 second")
    return within


def _value(given: Json, field: FieldRef, comparator: Comparator, place: str) -> Bound | tuple[Bound, Bound] | Filter:
    if comparator == "happens":
        return read_filter(given, field, place)
    if comparator not in RANGES:
        bound = _bound(given, field, place)
        is_static = comparator in MOVES or field.field.unit == "seconds"
        if is_static and (isinstance(bound, FieldRef) or bound <= 0):
            raise RuleError(place, f"is a number above 0, not {show(given)}")
        return bound
    if not isinstance(given, list | tuple) or len(given) != 2:
        raise RuleError(place, f"{comparator} takes two values, [low, high]")
    low, high = (_bound(one, field, f"{place}[{at}]") for at, one in enumerate(given))
    if isinstance(low, decimal.Decimal) and isinstance(high, decimal.Decimal) and low >= high:
        raise RuleError(place, f"{low} is not below {high}")
    return low, high


def _bound(given: Json, field: FieldRef, place: str) -> Bound:
    if not isinstance(given, str):
        return read_number(given, place)
    other = parse_field(given, place)
    if other.field.unit != field.field.unit:
        raise RuleError(place, f"{other.text} is in {other.field.unit}, {field.text} in {field.field.unit}")
    if other == field:
        raise RuleError(place, f"compares {field.text} with itself")
    return other


def _check_sense(spec: RuleSpec) -> None:
    """Refuse what could never fire, or would not mean what it seems to."""
    _check_moments(spec.when, "when")
    if spec.for_s and spec.is_moment:
        raise RuleError("for_s", "a moment does not last: say above, below, inside or outside")
    if spec.rearm is not None and spec.trigger != "each":
        raise RuleError("rearm", "belongs to the trigger each")
    happens = [leaf for leaf in spec.leaves if leaf.comparator == "happens"]
    if happens and spec.trigger == "per_bar_close":
        raise RuleError("trigger", f"{happens[0].field.text} has no bar: use each, or per_minute")


def _check_moments(group: Group, place: str) -> None:
    here = f"{place}.{group.how}"
    moments = [_is_moment(part) for part in group.parts]
    if group.how == "all" and sum(moments) > 1:
        message = (
            "two moments never coincide: let one cross or happen, and the others be above, below, inside or outside"
        )
        raise RuleError(f"{here}[{[at for at, one in enumerate(moments) if one][1]}]", message)
    if group.how == "any" and any(moments) and not all(moments):
        message = "holds for a while, others beside it are moments: make all cross or happen, or all hold"
        raise RuleError(f"{here}[{moments.index(False)}]", message)
    for at, part in enumerate(group.parts):
        if isinstance(part, Group):
            _check_moments(part, f"{here}[{at}]")


def _is_moment(part: Group | Leaf) -> bool:
    return part.is_moment if isinstance(part, Leaf) else any(leaf.is_moment for leaf in part.leaves)


def write_rule(spec: RuleSpec) -> str:
    """Return a rule as JSON: everything that has a default left out where it is that."""
    return _encoder.encode(as_json(spec)).decode()


def as_json(spec: RuleSpec) -> dict[str, Json]:
    """Return a rule as what JSON is made of, with Decimals."""
    body: dict[str, Json] = {"when": _group_json(spec.when), "trigger": spec.trigger, "session": spec.session}
    usual = RuleSpec(when=spec.when)
    for key in ("interval", "for_s", "expires", "channels", "quiet", "note"):
        if (value := getattr(spec, key)) != getattr(usual, key):
            body[key] = list(value) if isinstance(value, tuple) else value
    if spec.rearm is not None:
        body["rearm"] = _given(spec.rearm)
    return body


def _given(struct: msgspec.Struct) -> dict[str, Json]:
    found = {name: getattr(struct, name) for name in struct.__struct_fields__}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in found.items()
        if value not in (None, ())
    }


def _group_json(group: Group) -> dict[str, Json]:
    return {group.how: [_group_json(part) if isinstance(part, Group) else _leaf_json(part) for part in group.parts]}


def _leaf_json(leaf: Leaf) -> dict[str, Json]:
    body: dict[str, Json] = {"field": leaf.field.text, "is": leaf.comparator}
    if isinstance(leaf.value, Filter):
        if given := _given(leaf.value):
            body["value"] = given
    else:
        bounds = [bound.text if isinstance(bound, FieldRef) else bound for bound in leaf.bounds]
        body["value"] = bounds if isinstance(leaf.value, tuple) else bounds[0]
    if leaf.comparator in MOVES:
        body |= {"within_s": leaf.within_s, "by": leaf.by}
    if given := _given(leaf.of):
        body["of"] = given
    return body
