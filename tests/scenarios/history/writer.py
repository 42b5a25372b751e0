"""Keeps the answers of a venue in a SQLite file, five minutes an answer, and says which is stored; until it is killed.

`python -m tests.scenarios.history.writer FILE`.
"""

import pathlib
import sys

import django

django.setup()

from market.history.writer import record_answer  # noqa: E402
from streaming.db_connection import connect  # noqa: E402
from tests.market.history.made_bars import MINUTE  # noqa: E402
from tests.scenarios.history.told import answers  # noqa: E402
from tests.support import databases  # noqa: E402


def main() -> None:
    """Keep one answer after the other."""
    connect(databases.sqlite(pathlib.Path(sys.argv[1])))
    for number, told in enumerate(answers()):
        record_answer(1, told, told.until + MINUTE)
        print(number, flush=True)


if __name__ == "__main__":
    main()
