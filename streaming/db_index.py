"""An index that is added to a large table of a desk that runs."""

import sys
import time
import typing

from django.db import migrations

TOLD_S = 1.0
"""How long an index may take before that is told."""


class AddIndexBeside(migrations.AddIndex):
    """Adds an index without a lock on PostgreSQL; on SQLite, where whoever writes waits, it says how long that took.

    A migration with it has `atomic = False`: PostgreSQL makes such an index outside of transactions only.
    """

    def database_forwards(
        self, app_label: str, schema_editor: typing.Any, from_state: typing.Any, to_state: typing.Any
    ) -> None:
        """Add the index."""
        model = to_state.apps.get_model(app_label, self.model_name)
        begun = time.monotonic()
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            schema_editor.add_index(model, self.index, **_without_lock(schema_editor))
        if (took := time.monotonic() - begun) > TOLD_S:
            sys.stdout.write(f" {self.index.name} took {took:.0f} s;")

    def database_backwards(
        self, app_label: str, schema_editor: typing.Any, from_state: typing.Any, to_state: typing.Any
    ) -> None:
        """Remove the index."""
        model = from_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            index = from_state.models[app_label, self.model_name_lower].get_index_by_name(self.index.name)
            schema_editor.remove_index(model, index, **_without_lock(schema_editor))


def _without_lock(schema_editor: typing.Any) -> dict[str, bool]:
    return {"concurrently": True} if schema_editor.connection.vendor == "postgresql" else {}
