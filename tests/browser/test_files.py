"""The files of the front end keep the rules that a browser would only tell about later."""

import hashlib
import pathlib
import re
import typing

import allauth
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
CSS = sorted((ROOT / "static/css").glob("*.css"))
JS = sorted((ROOT / "static/js").rglob("*.js"))
VENDORED = sorted((ROOT / "static/vendor").rglob("*.js"))
INLINE = re.compile(r"""<style|\sstyle\s*=|\son[a-z]+\s*=|javascript:|<script(?![^>]*\ssrc=)""", re.IGNORECASE)
TO_MARKUP = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc")


SHADOWED = {pathlib.Path("account/email_change.html")}
"""Pages whose address leads to a page of the desk's own."""


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_template_has_inline_script_or_style(path: pathlib.Path) -> None:
    assert INLINE.findall(path.read_text()) == []


@pytest.mark.parametrize("path", JS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_turns_strings_into_markup_or_code(path: pathlib.Path) -> None:
    assert TO_MARKUP.findall(path.read_text()) == []


def test_every_allauth_page_with_an_inline_style_is_overridden() -> None:
    stock = pathlib.Path(allauth.__path__[0]) / "templates"
    inline = [path.relative_to(stock) for path in stock.rglob("account/*.html") if " style=" in path.read_text()]
    assert inline, "the stock pages have none any more: the overrides can go"
    assert [path for path in inline if path not in SHADOWED and not (ROOT / "templates" / path).exists()] == []


def test_modules_import_by_relative_paths_so_that_hashed_names_work() -> None:
    for path in JS:
        for target in re.findall(r"""(?:from|import)\s+["']([^"']+)["']""", path.read_text()):
            assert target.startswith(("./", "../")), f"{path}: {target}"
            assert (path.parent / target).exists(), f"{path}: {target}"


def test_each_custom_element_lives_in_a_file_of_its_name() -> None:
    for path in JS:
        for name in re.findall(r"""customElements\.define\("([^"]+)""", path.read_text()):
            assert path.name == f"{name}.js"


def declarations(sheet: str) -> typing.Iterator[tuple[str, str]]:
    """Each declaration of a style sheet, with the selectors it is nested in."""
    around: list[str] = []
    for text, end in re.findall(r"([^{};]*)([{};])", re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)):
        if end == "{":
            around.append(text.strip())
            continue
        if text.strip():
            yield " ".join(around), text.strip()
        if end == "}":
            around.pop()


OF_PRICES = re.compile(r"\[data-way=|\.earned|\.lost|:root")
"""What may have a colour that people choose for up and down: prices, money, and the names of the colours."""


def test_the_colours_of_up_and_down_are_those_of_prices_and_money_alone() -> None:
    """With red for up, what is wrong would be green: a state has --stop and --go."""
    used = [
        (path.name, around, text)
        for path in CSS
        for around, text in declarations(path.read_text())
        if re.search(r"--(up|down)\b", text)
    ]
    assert len(used) > 10
    assert [one for one in used if not OF_PRICES.search(one[1])] == []


def test_axe_is_the_file_that_was_vendored() -> None:
    digest = hashlib.sha256((ROOT / "tests/vendor/axe-core/axe.min.js").read_bytes()).hexdigest()
    assert digest in (ROOT / "tests/vendor/README.md").read_text()


@pytest.mark.parametrize("path", VENDORED, ids=lambda path: path.name)
def test_a_vendored_module_is_the_file_that_was_packed_and_brings_its_licence(path: pathlib.Path) -> None:
    name, digest = f"{path.parent.name}/{path.name}", hashlib.sha256(path.read_bytes()).hexdigest()
    assert f"`{name}`" in (ROOT / "static/vendor/README.md").read_text()
    assert digest in (ROOT / "static/vendor/README.md").read_text()
    assert (path.parent / "LICENSE").exists()
    assert path.parent.name.rpartition("-")[2] in (ROOT / "NOTICE").read_text()
