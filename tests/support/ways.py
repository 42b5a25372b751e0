"""The ways that docs/architecture.md lists, as steps, and the calls of those in Python."""

import contextlib
import importlib
import inspect
import re
import sys
import types
import typing
from collections.abc import AsyncIterator, Iterable, Sequence

from config.env import BASE_DIR
from streaming.ledger.ledger import Ledger

PAGE = BASE_DIR / "docs/architecture.md"
QUOTE, FACT = "The way of a quote", "The way of an order fact"
_STEP = re.compile(r"(?P<file>[\w./-]+\.(?:py|js)): (?P<name>[\w.#]+) — \S.*")


class Step(typing.NamedTuple):
    """One function of a way: `Class.method`, or the name of a function of the module."""

    file: str
    name: str

    def __str__(self) -> str:
        return f"{self.file}: {self.name}"


def read_way(heading: str) -> list[Step]:
    """Return the steps under `heading`, each a line of its fenced list."""
    section = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert section, f"no section {heading}"
    fenced = re.findall(r"^```\n(.*?)^```$", section[1], re.MULTILINE | re.DOTALL)
    assert len(fenced) == 1, f"{heading} needs one list"
    found = []
    for line in fenced[0].splitlines():
        step = _STEP.fullmatch(line)
        assert step, f"not `file: function — what it does`: {line}"
        found.append(Step(step["file"], step["name"]))
    return found


def of(language: str, steps: Iterable[Step]) -> list[Step]:
    """Return the steps in `py` or `js`."""
    return [step for step in steps if step.file.endswith(f".{language}")]


def code_of(step: Step) -> types.CodeType:
    """Return the code of a step in Python. Fails where its file has no such function."""
    found: typing.Any = importlib.import_module(step.file.removesuffix(".py").replace("/", "."))
    for name in step.name.split("."):
        found = vars(found).get(name) if inspect.ismodule(found) or inspect.isclass(found) else None
    code: types.CodeType | None = inspect.unwrap(found).__code__ if inspect.isfunction(found) else None
    assert code, f"no function: {step}"
    assert code.co_filename == str(BASE_DIR / step.file), f"no function of its own: {step}"
    return code


class Calls:
    """The calls of some steps, in any thread that notes them, since the first two were given what has `tag` in it.

    The second takes one message out of all that the first may find in the socket. A coroutine that goes on counts as
    called.
    """

    def __init__(self, steps: Sequence[Step], tag: str) -> None:
        self.made: list[Step] = []
        self._steps = {id(code_of(step)): step for step in steps}
        self._first = steps[:2]
        self._tag = tag

    def note(self, frame: types.FrameType, event: str, _: object) -> None:
        """Note one call: a profile function."""
        step = self._steps.get(id(frame.f_code)) if event == "call" else None
        if step is None:
            return
        count = len(self.made)
        if count >= len(self._first) or (step == self._first[count] and self._has_tag(frame)):
            self.made.append(step)

    def _has_tag(self, frame: types.FrameType) -> bool:
        given = (value for value in frame.f_locals.values() if isinstance(value, bytes | dict))
        return any(self._tag in str(value) for value in given)


@contextlib.asynccontextmanager
async def noted(calls: Calls, ledger: Ledger) -> AsyncIterator[None]:
    """Note calls in this thread and in the one in which `ledger` writes."""
    await ledger.write(sys.setprofile, calls.note)
    sys.setprofile(calls.note)
    try:
        yield
    finally:
        sys.setprofile(None)
        await ledger.write(sys.setprofile, None)


def differences(steps: Sequence[Step], calls: Sequence[Step]) -> str:
    """Return which steps are never called, or else which are first called out of order; empty if the way is right."""
    missing = [str(step) for step in steps if step not in calls]
    if missing:
        return f"never called: {', '.join(missing)}"
    order = [*dict.fromkeys(calls)]
    early = [f"{came} instead of {listed}" for listed, came in zip(steps, order, strict=True) if came != listed]
    return f"called in another order: {', '.join(early)}" if early else ""


def is_settled(found: Sequence[str]) -> bool:
    """Whether two messages went their way, by the `differences` of each that was sent. Fails where two did not.

    One may come at the same time as another message, whose calls stand between its own.
    """
    wrong = [each for each in found if each]
    assert len(wrong) < 2, wrong[-1]
    return len(found) - len(wrong) == 2
