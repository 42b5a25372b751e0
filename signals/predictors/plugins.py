"""Models of one's own: `SIGNALS` lists dotted names of SignalModel classes, or of functions that return one."""

import importlib
from collections.abc import Sequence

from signals.predictors.contract import SignalModel


class SignalPluginError(Exception):
    """A dotted name of SIGNALS leads to no model."""


def load_model(path: str) -> SignalModel:
    """Return the model that a dotted name makes. Raises SignalPluginError with the name and what is wrong."""
    module, _, name = path.rpartition(".")
    try:
        made = getattr(importlib.import_module(module), name)()
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise SignalPluginError(f"SIGNALS names {path}, which cannot be made: {error}") from error
    if not isinstance(made, SignalModel):
        raise SignalPluginError(f"SIGNALS names {path}, which is a {type(made).__name__} and no SignalModel")
    return made


def load_models(paths: Sequence[str]) -> list[SignalModel]:
    """Return the models of SIGNALS, in order. Raises SignalPluginError, also where two have one name and version."""
    models = [load_model(path) for path in paths]
    seen: set[tuple[str, str]] = set()
    for path, model in zip(paths, models, strict=True):
        if (model.name, model.version) in seen:
            raise SignalPluginError(f"SIGNALS names {path}, whose name and version another one has")
        seen.add((model.name, model.version))
    return models
