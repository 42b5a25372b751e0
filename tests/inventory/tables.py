"""Tables with their columns, indexes and constraints, and the migrations that make them."""

import typing

from django.apps import AppConfig
from django.db import models
from django.db.migrations.loader import MigrationLoader

from tests.inventory.project import own_apps

LIMITS = ("max_length", "max_digits", "decimal_places")


def collect() -> dict[str, typing.Any]:
    """Return tables by name, and the names of migrations by app: a database remembers those too."""
    migrations = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    return {
        "tables": {
            model._meta.db_table: _table(model)
            for config in own_apps()
            for model in _models(config)
            if model._meta.managed and not model._meta.proxy
        },
        "migrations": {
            config.label: sorted(name for label, name in migrations if label == config.label) for config in own_apps()
        },
    }


def _models(config: AppConfig) -> list[type[models.Model]]:
    return list(config.get_models(include_auto_created=True))


def _table(model: type[models.Model]) -> dict[str, typing.Any]:
    options = model._meta
    return {
        "model": options.label_lower,
        "columns": {str(field.column): _column(field) for field in options.local_concrete_fields},
        "indexes": {index.name: _fields(index) for index in options.indexes},
        "constraints": {constraint.name: _fields(constraint) for constraint in options.constraints},
        "unique together": sorted(", ".join(together) for together in options.unique_together),
    }


def _column(field: models.Field) -> str:
    """Return what a column keeps, whichever database keeps it: `CharField, max_length 40, null`."""
    words = [field.get_internal_type()]
    words += [f"{limit} {value}" for limit in LIMITS if (value := getattr(field, limit, None)) is not None]
    words += [f"to {related._meta.db_table}"] if (related := field.related_model) else []
    flags = {
        "null": field.null,
        "primary key": field.primary_key,
        "unique": field.unique,
        "index": getattr(field, "db_index", False),
    }
    return ", ".join(words + [name for name, is_set in flags.items() if is_set])


def _fields(made: models.Index | models.BaseConstraint) -> str:
    """Return the fields that an index or a constraint is about, and its condition if it has one."""
    fields = ", ".join(getattr(made, "fields", ()) or ())
    condition = getattr(made, "condition", None)
    return " ".join(filter(None, [type(made).__name__, fields, f"where {condition}" if condition else ""]))
