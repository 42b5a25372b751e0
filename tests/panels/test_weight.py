"""What the desk's page loads stays light: each file gzipped as a server sends it."""

import gzip
import pathlib
import re

from config.env import BASE_DIR

CSS_KB = 20
STATIC, TEMPLATES = BASE_DIR / "static", BASE_DIR / "templates"
SHEET = re.compile(r"static '(css/[^']+)'")


def kb(file: pathlib.Path) -> float:
    return len(gzip.compress(file.read_bytes(), 9)) / 1000


def test_the_style_sheets_of_the_desk_weigh_little():
    named = [
        name for page in ("skeleton.html", "desk/desk.html") for name in SHEET.findall((TEMPLATES / page).read_text())
    ]
    assert "css/desk.css" in named
    assert sum(kb(STATIC / name) for name in named) <= CSS_KB
