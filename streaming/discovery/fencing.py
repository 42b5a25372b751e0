"""Whose a message is, by the epoch it names: what a former owner still says is dropped."""

import typing

Speaker = typing.Literal["owner", "former", "unknown"]


def speaker(epoch: str, believed: str, highest: int) -> Speaker:
    """Tell who speaks in `epoch`, as an owner writes it.

    `believed` is the epoch of the owner that is known, `highest` the highest number that the row said. Of a message of
    somebody `unknown` the row alone can tell; one of a `former` owner is not for anybody's eyes any more.
    """
    if epoch == believed:
        return "owner"
    return "former" if number(epoch) < highest else "unknown"


def number(epoch: str) -> int:
    """Return the number of an epoch as its owner writes it: of two owners the later one has the higher."""
    return int(epoch.partition("-")[0])
