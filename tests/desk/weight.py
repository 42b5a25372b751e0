"""What pages load, as it was packed: at once, and later by an import() of its own. Pure but for reading files."""

import pathlib
import re
import typing
import zlib
from collections.abc import Collection, Iterable, Mapping

STATIC_IMPORT = re.compile(r"""(?:from|import)\s*["'](\.[^"']+\.js)["']""")
LATER_IMPORT = re.compile(r"""import\(\s*["'](\.[^"']+\.js)["']\s*\)""")
PACKED = re.compile(r"-[A-Z0-9]{8}$")
"""What packing adds to the name of a script that is loaded later."""


class Loaded(typing.NamedTuple):
    """What a page loads at once, and what each bundle adds to that when it is first needed."""

    first: frozenset[pathlib.Path]
    later: Mapping[str, frozenset[pathlib.Path]]


def loaded(pages: Iterable[pathlib.Path], at_once: Collection[str] = ()) -> Loaded:
    """Follow the scripts of `pages` to all they import.

    Bundles `at_once` are asked for by every desk, and so part of its first load. Raises FileNotFoundError where one
    imports what is not there.
    """
    first = _closure(pages)
    while fresh := {file for name, file in _asked_later(first).items() if name in at_once} - first:
        first |= _closure(fresh)
    later: dict[str, frozenset[pathlib.Path]] = {}
    waiting = _asked_later(first)
    while waiting:
        name, file = waiting.popitem()
        later[name] = frozenset(_closure([file]) - first)
        waiting |= {other: one for other, one in _asked_later(later[name]).items() if other not in later}
    return Loaded(frozenset(first), {name: files for name, files in later.items() if files and name not in at_once})


def apart(built: Loaded, sources: Loaded) -> dict[str, frozenset[pathlib.Path]]:
    """Return the bundles of `built` that are loaded later by their `sources` too.

    Of a module that is imported by a statement as well, packing leaves an empty bundle: its code is in the first load.
    """
    return {name: files for name, files in built.later.items() if name in sources.later}


def _closure(files: Iterable[pathlib.Path]) -> set[pathlib.Path]:
    """Return `files` with all that they import by a statement."""
    found = [*files]
    for file in found:  # which grows on the way
        found += [one for one in _imports(file, STATIC_IMPORT) if one not in found]
    return set(found)


def _asked_later(files: Iterable[pathlib.Path]) -> dict[str, pathlib.Path]:
    """Return what `files` ask for by import(), by the name of its source."""
    return {bundle(one): one for file in files for one in _imports(file, LATER_IMPORT)}


def _imports(file: pathlib.Path, pattern: re.Pattern[str]) -> list[pathlib.Path]:
    if file.suffix != ".js":
        return []
    return [(file.parent / name).resolve() for name in pattern.findall(file.read_text())]


def bundle(file: pathlib.Path) -> str:
    """Return what a script is called in the sources, without what packing and collecting add."""
    return PACKED.sub("", file.name.split(".")[0])


def kb(files: Iterable[pathlib.Path], kind: str = "") -> float:
    """Return how much is sent of `files`, of all or of one kind (".js"), gzipped, in thousands of bytes."""
    return sum(_bytes(file) for file in files if file.suffix == kind or not kind) / 1000


def _bytes(file: pathlib.Path) -> int:
    packed = file.with_name(f"{file.name}.gz")
    return packed.stat().st_size if packed.exists() else len(zlib.compress(file.read_bytes(), 9))


def complaints(later: Mapping[str, float], most: Mapping[str, float], to_come: Collection[str]) -> list[str]:
    """Say what is wrong with the weights of what is loaded `later` (KB), by the most that each may weigh.

    What is `to_come` has a bound before it has a weight.
    """
    said = [
        f"{name} loads {weight:.1f} KB gzipped when it is first opened, and at most {most[name]:g} KB are allowed."
        for name, weight in later.items()
        if name in most and weight > most[name]
    ]
    said += [f"{name} loads {later[name]:.1f} KB later and has no bound." for name in later.keys() - most.keys()]
    said += [f"{name} is there now: take it out of TO_COME." for name in later.keys() & to_come]
    said += [
        f"{name} may weigh {most[name]:g} KB and loads nothing of its own: it is gone, or part of the first load."
        for name in most.keys() - later.keys() - {*to_come}
    ]
    return sorted(said)
