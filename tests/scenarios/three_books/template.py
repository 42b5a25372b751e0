"""Makes the database that desks with three venues start from."""

import pathlib
import shutil
import typing

from tests.support.backends import Ground
from tests.support.desk import clean_environment, run


def make_linked(
    folder: pathlib.Path, variables: typing.Mapping[str, str] | None = None, cast: pathlib.Path | None = None
) -> pathlib.Path:
    """Make a database with the cast in it, alice linked everywhere: from that of `cast`, if there is one."""
    make = "import django; django.setup(); from tests.scenarios.three_books import links; links." + (
        "add()" if cast else "make()"
    )
    if cast is not None:
        shutil.copytree(cast, folder)
    ground = Ground(folder, cast, given=["REDIS_URL", *(variables or {})])  # its database lasts as long as its server
    run(["-c", make], clean_environment() | ground.variables | {"VAR_DIR": str(folder), **(variables or {})})
    return folder
