"""What a backup of a desk's database must hold, whichever server made it."""

import dataclasses
from collections.abc import Collection

from django.db.migrations.loader import MigrationLoader

Migration = tuple[str, str]
"""An app's label and the name of one of its migrations."""
FIRST = (("accounts", "0001_initial"), ("streaming", "0001_initial"))
"""Migrations that every desk ever ran."""


class BackupError(Exception):
    """A backup cannot be restored. The text says why, and holds no secret; the database is as it was."""


@dataclasses.dataclass(frozen=True, slots=True)
class Restored:
    """What became of the former database (`former`: where it is kept, empty where there was none).

    `pending`: how many migrations of this code the restored one has yet to see.
    """

    former: str
    pending: int


def check(applied: Collection[Migration], tables: Collection[str]) -> int:
    """Check that a backup is of a desk, whole, and no newer than this code; return how many migrations it lacks.

    `applied`: the migrations it ran. `tables`: the names of its tables. Raises BackupError.
    """
    if not set(FIRST) <= set(applied):
        raise BackupError("It is no backup of a Tapedeck database: it has not run a desk's migrations.")
    loader = MigrationLoader(None)
    if newer := sorted(set(applied) - set(loader.disk_migrations or ())):
        named = ", ".join(".".join(one) for one in newer[:3])
        raise BackupError(
            f"It was made by newer code than this: {len(newer)} of its migrations are unknown here ({named}). "
            "Restore it with the release that made it, or a later one."
        )
    nodes = [node for node in loader.graph.nodes if node in set(applied)]
    expected = {
        model._meta.db_table
        for model in loader.project_state(nodes).apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and not model._meta.swapped
    }
    if missing := sorted(expected - set(tables)):
        raise BackupError(f"It is not whole: {len(missing)} of its tables are missing ({', '.join(missing[:3])}).")
    return len(loader.graph.nodes) - len(nodes)
