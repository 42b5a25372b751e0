"""Takes out of what the desk tells of a person whatever could tell a stranger who they are."""

import functools
import typing
from collections.abc import Collection

from lib.redaction import REDACTED, redact

Found = dict[str, typing.Any]


def nameless(manager: Found, accounts: Collection[str]) -> Found:
    """Return what is told of a manager without its person, the names of their links, `accounts` and secrets."""
    links = [{**link, "link": number, "label": f"link {number}"} for number, link in enumerate(manager["links"], 1)]
    told = {name: value for name, value in manager.items() if name not in ("person", "process")}
    cleaned: Found = _clean(told | {"links": links}, accounts)
    return cleaned


def stranger(process: Found, number: int) -> Found:
    """Return what is told of a process without where it runs: the number takes the place of its name."""
    told = {name: value for name, value in process.items() if name not in ("name", "pid", "id")}
    return {"name": f"process {number}", **told}


def _clean(value: typing.Any, accounts: Collection[str]) -> typing.Any:
    """Return `value` with secrets and `accounts` taken out of every text in it."""
    match value:
        case dict():
            return {key: _clean(inner, accounts) for key, inner in value.items()}
        case list():
            return [_clean(inner, accounts) for inner in value]
        case str():
            return functools.reduce(lambda text, account: text.replace(account, REDACTED), accounts, redact(value))
    return value
