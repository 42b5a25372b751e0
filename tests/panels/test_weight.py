"""What the desk's page loads stays light: all of it, as it is collected, gzipped, as a server sends it."""

import json
import pathlib
import re

import pytest

from config.env import BASE_DIR
from tests.desk import collected

CSS_KB, JS_KB = 20, 110
"""At most, in thousands of bytes."""
TEMPLATES = BASE_DIR / "templates"
NAMED = re.compile(r"static '((?:css|js)/[^']+)'")
IMPORTED = re.compile(r"""(?:from|import)\s*\(?\s*["'](\.[^"']+\.js)["']""")


@pytest.fixture(scope="module")
def static(cast) -> pathlib.Path:
    return collected(cast)


@pytest.fixture(scope="module")
def loaded(static) -> list[pathlib.Path]:
    """Every script and style sheet of the desk's page, those too that are loaded when they are first needed."""
    hashed = json.loads((static / "staticfiles.json").read_text())["paths"]
    pages = [(TEMPLATES / page).read_text() for page in ("skeleton.html", "base.html", "desk/desk.html")]
    found = [static / hashed[name] for page in pages for name in NAMED.findall(page)]
    for file in found:  # which grows on the way
        if file.suffix == ".js":
            imported = ((file.parent / name).resolve() for name in IMPORTED.findall(file.read_text()))
            found += [one for one in imported if one not in found]
    return found


def kb(files: list[pathlib.Path], kind: str) -> float:
    return sum(file.with_name(f"{file.name}.gz").stat().st_size for file in files if file.suffix == kind) / 1000


def test_the_style_sheets_of_the_desk_weigh_little(loaded):
    assert "desk" in {file.name.split(".")[0] for file in loaded if file.suffix == ".css"}
    assert kb(loaded, ".css") <= CSS_KB


def test_the_scripts_of_the_desk_weigh_little(loaded):
    names = {file.name.split(".")[0] for file in loaded if file.suffix == ".js"}
    assert names == {"lightweight-charts", "main", "theme"}
    assert kb(loaded, ".js") <= JS_KB


def test_nothing_else_of_ours_is_served(static):
    assert {file.name.split(".")[0] for file in (static / "js").rglob("*.js")} == {"entrance", "main", "theme"}
