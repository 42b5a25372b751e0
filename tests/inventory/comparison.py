"""Compares what was recorded with what is found, and names each difference by its place."""

import typing

from tests.inventory.shapes import NULL, OPTIONAL, TEXTS, join_kinds, split_kinds

Tree = typing.Any
"""Objects of objects; lists, texts, numbers, booleans and null are leaves."""


class Difference(typing.NamedTuple):
    """One difference. `place` are the keys that lead to it."""

    what: typing.Literal["gone", "changed", "added"]
    place: tuple[str, ...]
    recorded: Tree = None
    found: Tree = None

    def __str__(self) -> str:
        where = " › ".join(self.place)
        match self.what:
            case "gone":
                return f"gone     {where}  (was {_brief(self.recorded)})"
            case "added":
                return f"added    {where}  (is {_brief(self.found)})"
        return f"changed  {where}: {_brief(self.recorded)} → {_brief(self.found)}"


def differences(recorded: Tree, found: Tree, place: tuple[str, ...] = ()) -> list[Difference]:
    """Return every difference between two trees: at each place what is gone, what is changed, then what is added.

    A recorded key that ends in OPTIONAL may be missing, or null. A value has kinds that were recorded, and may be null
    beside them: it is not known yet. One that was null in every recording may be anything.
    """
    if isinstance(recorded, list) and isinstance(found, list):  # of texts, in any order
        recorded, found = dict.fromkeys(map(str, recorded), "listed"), dict.fromkeys(map(str, found), "listed")
    if not (isinstance(recorded, dict) and isinstance(found, dict)):
        return [] if _agree(recorded, found) else [Difference("changed", place, recorded, found)]
    gone, changed = [], []
    for key, value in recorded.items():
        name, is_optional = key.removesuffix(OPTIONAL), key.endswith(OPTIONAL)
        if name in found:
            changed += [] if is_optional and found[name] == NULL else differences(value, found[name], (*place, name))
        elif not is_optional:
            gone.append(Difference("gone", (*place, name), recorded=value))
    known = {key.removesuffix(OPTIONAL) for key in recorded}
    added = [Difference("added", (*place, key), found=value) for key, value in found.items() if key not in known]
    return gone + changed + added


def variants(first: Tree, second: Tree) -> Tree:
    """Return a recording that two recordings of one thing agree with: what is not in both becomes optional."""
    if isinstance(first, str) and isinstance(second, str):
        return join_kinds(split_kinds(first, second))
    if not (isinstance(first, dict) and isinstance(second, dict)):
        if first != second:
            raise ValueError(f"{_brief(first)} and {_brief(second)} are no recordings of one thing")
        return first
    ones, others = ({key.removesuffix(OPTIONAL): key for key in tree} for tree in (first, second))
    made = {}
    for name in ones | others:
        if name in ones and name in others:
            is_sure = {name} == {ones[name], others[name]} and NULL not in (first[name], second[name])
            made[name if is_sure or first == second else name + OPTIONAL] = variants(
                first[ones[name]], second[others[name]]
            )
        else:
            made[name + OPTIONAL] = first[ones[name]] if name in ones else second[others[name]]
    return made


def _agree(recorded: Tree, found: Tree) -> bool:
    if not (isinstance(recorded, str) and isinstance(found, str)):
        return bool(recorded == found)
    known, seen = split_kinds(recorded), split_kinds(found)
    if recorded == found or known == {NULL}:
        return True
    return seen != {NULL} and seen - {NULL} <= known | (TEXTS if "text" in known else set())


def _brief(value: Tree) -> str:
    text = str(value)
    return text if len(text) <= 160 else f"{text[:160]}…"
