"""The recorded files: what each is about, how it is found, and how it is read and written."""

import json
import pathlib
import typing

from tests.inventory import commands, configuration, documents, tables
from tests.inventory.comparison import Tree, differences

FOLDER = pathlib.Path(__file__).with_name("recorded")
STATIC: dict[str, typing.Callable[[], Tree]] = {
    "commands": commands.collect,
    "configuration": configuration.collect,
    "protocol": documents.collect,
    "tables": tables.collect,
}
"""What is known without a running desk."""
OBSERVED = ("answers", "conversations", "metrics", "urls", "venue_traffic")
"""What a running desk shows."""
ADVICE = """
Others rely on this. What is gone or changed by accident is to be repaired. What is meant, an addition too, is recorded
by `python -m tests.inventory`, and the commit names it with its reason."""


def read(name: str) -> Tree:
    """Return what was recorded, nothing where there is no file."""
    file = FOLDER / f"{name}.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def write(name: str, tree: Tree) -> None:
    """Record a tree."""
    text = json.dumps(tree, indent=1, sort_keys=True, ensure_ascii=False)
    (FOLDER / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")


def complaint(name: str, found: Tree) -> str:
    """Return a text on how `found` differs from what was recorded, empty where it does not."""
    lines = [str(difference) for difference in differences(read(name), json.loads(json.dumps(found)))]
    return "\n".join([f"{name}.json has another inventory:", *lines, ADVICE]) if lines else ""
