"""Waiting for what must come true, with a deadline and without guessing how long it takes."""

import asyncio
import inspect
import time
import typing

ENOUGH_S = 60.0
"""How long anything may take of which nobody says how long: fifteen times what a quiet machine needs at worst."""

OPEN_S = 60.0
"""How long a socket may take to open, beside many others and a machine full of work."""

FIRST_S, LONGEST_S = 0.002, 0.05
"""How long is waited before a second look; each look after that waits half as long again, until it is the longest."""

Check = typing.Callable[[], typing.Any]


def eventually(check: Check, *, within: float = ENOUGH_S, saying: object = None) -> typing.Any:
    """Return the first true value of `check()`. Fails after `within` seconds, with its last value or error."""
    deadline, waits = time.monotonic() + within, _waits()
    while True:
        value, error = _look(check)
        if error is None and value:
            return value
        if time.monotonic() > deadline:
            raise _late(within, saying, value) from error
        time.sleep(next(waits))


async def aeventually(check: Check, *, within: float = ENOUGH_S, saying: object = None) -> typing.Any:
    """Like `eventually`, without blocking the event loop; `check` may be a coroutine function."""
    deadline, waits = time.monotonic() + within, _waits()
    while True:
        value, error = _look(check)
        if inspect.isawaitable(value):
            try:
                value = await value
            except AssertionError as refused:
                value, error = None, refused
        if error is None and value:
            return value
        if time.monotonic() > deadline:
            raise _late(within, saying, value) from error
        await asyncio.sleep(next(waits))


def _waits() -> typing.Iterator[float]:
    wait_s = FIRST_S
    while True:
        yield wait_s
        wait_s = min(1.5 * wait_s, LONGEST_S)


def _look(check: Check) -> tuple[typing.Any, AssertionError | None]:
    try:
        return check(), None
    except AssertionError as error:
        return None, error


def _late(within: float, saying: object, value: object) -> AssertionError:
    told = saying() if callable(saying) else saying
    return AssertionError(f"not within {within:g} s; last value: {value!r}" + (f"\n{told}" if told else ""))
