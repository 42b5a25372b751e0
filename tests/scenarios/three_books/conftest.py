"""The state that a desk with links to every venue starts from."""

import pathlib

import pytest

from tests.scenarios.three_books.template import make_linked


@pytest.fixture(scope="session")
def linked(tmp_path_factory: pytest.TempPathFactory, cast: pathlib.Path) -> pathlib.Path:
    """The cast, with alice linked to all simulated venues."""
    return make_linked(tmp_path_factory.mktemp("linked") / "template", cast=cast)
