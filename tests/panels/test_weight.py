"""What the desk's page loads stays light: each file gzipped by itself, as a server sends it."""

import gzip
import pathlib
import re
import typing

from config.env import BASE_DIR

CSS_KB, JS_KB = 20, 190
"""At most, in thousands of bytes. The aim for scripts is 110, which the same modules have when a bundler joins and
shortens them (108 by esbuild, 58 of them TradingView's); as they are written, with all their comments, they have more.
"""
STATIC, TEMPLATES = BASE_DIR / "static", BASE_DIR / "templates"
SHEET = re.compile(r"static '(css/[^']+)'")
IMPORT = re.compile(r"""(?:from|import)\s*\(?\s*["'](\.[^"']+\.js)["']""")
SCRIPTS = ("js/theme.js", "js/panels.js", "js/main.js")


def kb(files: typing.Iterable[pathlib.Path]) -> float:
    return sum(len(gzip.compress(file.read_bytes(), 9)) for file in files) / 1000


def imported(scripts: typing.Iterable[pathlib.Path]) -> set[pathlib.Path]:
    """All modules that these lead to, those too that are loaded when they are first needed."""
    found: set[pathlib.Path] = set()
    open_ = set(scripts)
    while open_:
        found |= open_
        open_ = {(one.parent / name).resolve() for one in open_ for name in IMPORT.findall(one.read_text())} - found
    return found


def test_the_style_sheets_of_the_desk_weigh_little():
    pages = [(TEMPLATES / page).read_text() for page in ("skeleton.html", "desk/desk.html")]
    sheets = {STATIC / name for page in pages for name in SHEET.findall(page)}
    assert STATIC / "css/desk.css" in sheets
    assert kb(sheets) <= CSS_KB


def test_the_modules_of_the_desk_do_not_grow():
    modules = imported(STATIC / name for name in SCRIPTS)
    assert any("lightweight-charts" in module.name for module in modules)
    assert kb(modules) <= JS_KB
