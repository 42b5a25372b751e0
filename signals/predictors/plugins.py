"""Models of one's own: `SIGNALS` lists dotted names of SignalModel classes, or of functions that return one."""

import importlib
from collections.abc import Collection, Sequence

import msgspec

from signals.predictors.contract import SignalModel, hash_model

MOST_NAME, MOST_VERSION = 60, 20
"""Characters of a name and of a version."""
MOST_HORIZON = 77
"""Bars of a horizon: what is said of a session is due before it closes."""


class SignalPluginError(Exception):
    """A dotted name of SIGNALS leads to no model."""


class FoundPlugins(msgspec.Struct, frozen=True):
    """The models that SIGNALS names, in order, and in words why others cannot be had, by their dotted names."""

    models: list[SignalModel]
    problems: dict[str, str]


def load_model(path: str) -> SignalModel:
    """Return the model that a dotted name makes. Raises SignalPluginError with the name and what is wrong."""
    module, _, name = path.rpartition(".")
    try:
        made = getattr(importlib.import_module(module), name)()
    except (Exception, SystemExit) as error:  # a model is anybody's code
        raise SignalPluginError(f"SIGNALS names {path}, which cannot be made: {error}") from error
    if not isinstance(made, SignalModel):
        raise SignalPluginError(f"SIGNALS names {path}, which is a {type(made).__name__} and no SignalModel")
    if problem := find_problem(made):
        raise SignalPluginError(f"SIGNALS names {path}, {problem}")
    return made


def find_problem(model: SignalModel) -> str:
    """Return in words why a model cannot be registered; empty where it can."""
    if not 0 < len(model.name) <= MOST_NAME or not 0 < len(model.version) <= MOST_VERSION:
        return f"whose name is not of 1 to {MOST_NAME} characters, or its version of 1 to {MOST_VERSION}"
    if not 1 <= model.horizon <= MOST_HORIZON:
        return f"whose horizon is {model.horizon} bars and not 1 to {MOST_HORIZON}"
    try:
        hash_model(model)
        restored = model.restore(model.dump_state())
    except Exception as error:  # noqa: BLE001 (as above)
        return f"whose code or state cannot be kept: {error}"
    if restored is model:
        return "whose restore returns the model itself: what one person's learns, another's would know"
    return ""


def find_models(paths: Sequence[str], taken: Collection[tuple[str, str]] = ()) -> FoundPlugins:
    """Return the models of SIGNALS; one that cannot be had stops no other. `taken` are names and versions of others."""
    seen = set(taken)
    models: list[SignalModel] = []
    problems: dict[str, str] = {}
    for path in paths:
        try:
            model = load_model(path)
        except SignalPluginError as error:
            problems[path] = f"{error}"
            continue
        if (model.name, model.version) in seen:
            problems[path] = f"SIGNALS names {path}, whose name and version another one has"
            continue
        seen.add((model.name, model.version))
        models.append(model)
    return FoundPlugins(models, problems)
