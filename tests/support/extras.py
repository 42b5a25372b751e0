"""Packages that a desk may have beside its own, from environments that .ci/needs makes."""

import contextlib
import importlib
import sys
from collections.abc import Iterator

from config.env import BASE_DIR


@contextlib.contextmanager
def installed(package: str) -> Iterator[None]:
    """Have an extra, as if it were installed beside the desk; gone afterwards."""
    (site,) = (BASE_DIR / f".venv-{package}/lib").glob("python*/site-packages")
    sys.path.append(str(site))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(site))
        importlib.invalidate_caches()
        for name in [name for name in sys.modules if name.partition(".")[0] == package]:
            del sys.modules[name]
