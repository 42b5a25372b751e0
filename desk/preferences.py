"""What a person can choose about every page, and what is chosen for who did not. Pure."""

import typing

import msgspec

Theme = typing.Literal["system", "light", "dark"]
Density = typing.Literal["calm", "dense"]
Colours = typing.Literal["green-up", "red-up", "blue-up"]
Zone = typing.Literal["exchange", "local", "utc"]
Rate = typing.Literal["live", "1s", "5s"]
Kind = typing.Literal["connection", "links", "orders", "alerts", "proposals"]
KINDS: tuple[Kind, ...] = typing.get_args(Kind)


class Preferences(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One person's choices. `theme` and `rate` may be None: then the device they sit at decides.

    `private` hides money, `keys` lets single keys be shortcuts, `muted` are the notifications that are not shown.
    """

    theme: Theme | None = None
    rate: Rate | None = None
    density: Density = "calm"
    colours: Colours = "green-up"
    zone: Zone = "local"
    private: bool = False
    keys: bool = True
    muted: tuple[Kind, ...] = ()


def changed(preferences: Preferences, text: bytes) -> Preferences:
    """Return `preferences` with what a JSON object says. Raises msgspec.DecodeError and UnicodeDecodeError."""
    chosen = msgspec.json.decode(text, type=dict[str, typing.Any])
    return msgspec.convert(written(preferences) | chosen, Preferences)


def written(preferences: Preferences) -> dict[str, typing.Any]:
    """Return what differs from the usual, as JSON has it."""
    found: dict[str, typing.Any] = msgspec.to_builtins(preferences)
    return found


def read(chosen: dict[str, typing.Any]) -> Preferences:
    """Return what was kept; a choice that there is no more was not made."""
    try:
        return msgspec.convert(chosen, Preferences)
    except msgspec.ValidationError:
        kept = {name: value for name, value in chosen.items() if _is_choice(name, value)}
        return msgspec.convert(kept, Preferences)


def _is_choice(name: str, value: object) -> bool:
    try:
        msgspec.convert({name: value}, Preferences)
    except msgspec.ValidationError:
        return False
    return True
