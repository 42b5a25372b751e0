"""`python -m tests.inventory`: record the inventory anew.

A running desk is observed three times, each from its start; what only some of them show is marked as there at times.
"""

import argparse
import asyncio
import os
import pathlib
import tempfile

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

from tests.inventory import records  # noqa: E402
from tests.inventory.comparison import Tree, variants  # noqa: E402
from tests.inventory.observation import observe  # noqa: E402
from tests.inventory.stage import stage  # noqa: E402
from tests.support.desk import make_template  # noqa: E402 (Django is set up first)

ROUNDS_S = (10.0, 10.0, 45.0)
"""How long each desk is observed. The last shows what comes late, as heartbeats do: no test waits for that."""


def main() -> None:
    """Record everything, or only widen what was recorded."""
    parser = argparse.ArgumentParser(prog="python -m tests.inventory", description="Record the inventory anew.")
    parser.add_argument(
        "--widen", action="store_true", help="keep what was recorded, and mark what is not always there"
    )
    given = parser.parse_args()
    for name, collect in records.STATIC.items():
        records.write(name, collect())
    with tempfile.TemporaryDirectory(prefix="tapedeck-inventory-") as folder:
        found = [observed(pathlib.Path(folder), seconds) for seconds in ROUNDS_S]
    for name in records.OBSERVED:
        first, *others = [*([records.read(name)] if given.widen else []), *(one[name] for one in found)]
        for other in others:
            first = variants(first, other)
        records.write(name, first)
    print(f"Recorded in {records.FOLDER}.")


def observed(folder: pathlib.Path, seconds: float) -> Tree:
    """Return what a fresh desk shows."""
    template = folder / "cast"
    if not template.exists():
        make_template(template)
    with stage(pathlib.Path(tempfile.mkdtemp(dir=folder)) / "desk", template) as made:
        return asyncio.run(observe(made, {}, seconds))


if __name__ == "__main__":
    main()
