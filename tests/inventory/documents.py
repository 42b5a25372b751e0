"""What the protocol's tables say. `tests/config/test_docs.py` holds them to the code, so they are read here instead."""

import re
import typing

from tests.inventory.project import DOCS


def rows(document: str, heading: str, column: str) -> list[list[str]]:
    """Return the cells of each row of a section's tables, of those tables whose first column is headed `column`."""
    text = (DOCS / document).read_text(encoding="utf-8")
    section = re.search(rf"^##+ {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    if section is None:
        raise ValueError(f"docs/{document} has no section {heading}")
    tables = [block.splitlines() for block in re.findall(r"(?:^\|.*\n)+", section[1], re.MULTILINE)]
    found = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for header, _, *lines in tables
        if header.strip("| ").split("|")[0].strip() == column
        for line in lines
    ]
    if not found:
        raise ValueError(f"docs/{document}, {heading}: no table begins with {column}")
    return found


def codes(text: str) -> list[str]:
    """Return what stands as code in a text."""
    return re.findall(r"`([^`]+)`", text)


def collect() -> dict[str, typing.Any]:
    """Return the codes, messages, events and topics of the protocol, with the fields of those that have some."""
    return {
        "errors": _named("Errors", "code"),
        "close codes": sorted(
            code for cell, *_ in rows("protocol.md", "Close codes", "code") for code in re.findall(r"\d{4}", cell)
        ),
        "notices": _named("Notices", "code"),
        "frames, sent": _named("Frames", "you send"),
        "frames, received": _named("Frames", "you get"),
        "plain, sent": sorted(re.findall(r'"type":"(\w+)"', " ".join(_named("Plain", "you send")))),
        "sse, parameters": _named("Server-sent events", "in the URL"),
        "sse, events": _named("Server-sent events", "event"),
        "poll, parameters": _named("Polls", "in the URL"),
        "poll, fields": _named("Polls", "field"),
        "market, events": _named("The market side", "event"),
        "watches": _named("Watches", "part"),
        "events": {
            codes(kind)[0]: {"key": re.findall(r"\w+", key), "fields": _fields(fields)}
            for kind, key, fields in rows("protocol.md", "Events", "type")
        },
        "facts": {
            codes(kind)[0]: {"fields": _fields(fields)}
            for kind, fields in rows("protocol.md", "Facts of orders", "type")
        },
        "link states": _named("Events", "state"),
    }


def _named(heading: str, column: str) -> list[str]:
    return sorted(code for cell, *_ in rows("protocol.md", heading, column) for code in codes(cell))


def _fields(text: str) -> list[str]:
    return sorted(re.findall(r"\w+", re.sub(r"\([^)]*\)", "", text)))
