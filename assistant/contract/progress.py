"""How a tool that takes its time says how far it is."""

import typing


class Progress(typing.Protocol):
    """Takes how far a tool is, as a fraction from 0 to 1 that rises, and a sentence. Nobody has to listen."""

    async def __call__(self, fraction: float, message: str) -> None:
        """Pass it on. Never raises where nobody listens."""


async def ignore_progress(fraction: float, message: str) -> None:
    """Pass nothing on: nobody listens."""
