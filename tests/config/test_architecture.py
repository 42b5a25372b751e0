"""Packages form a line; what a module imports stands at its top."""

import ast
import functools
import pathlib

import pytest

from config.env import BASE_DIR

LINE = ("brokers", "accounts", "streaming", "market", "trading", "alerts", "assistant", "desk", "demo", "config")
ADAPTERS_OWN = ("simulator", "demo")
"""The loopback venues are known to themselves, to the demo and, by dotted path and file, to the catalogue."""


@functools.cache
def files(package: str) -> list[pathlib.Path]:
    return sorted((BASE_DIR / package).rglob("*.py"))


def modules() -> list[pathlib.Path]:
    return [file for package in LINE for file in files(package)]


def dotted(file: pathlib.Path) -> str:
    return ".".join(file.relative_to(BASE_DIR).with_suffix("").parts).removesuffix(".__init__")


@functools.cache
def imports(file: pathlib.Path) -> list[tuple[str, int, bool]]:
    """Every name `file` imports with its line, and whether it does so inside a function."""
    found = []
    nodes: list[tuple[ast.AST, bool]] = [(ast.parse(file.read_text(), str(file)), False)]
    for node, is_local in nodes:  # grows as it goes
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno, is_local) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno} imports relatively"
            found += [(f"{node.module}.{alias.name}", node.lineno, is_local) for alias in node.names]
        elif not isinstance(node, ast.expr):  # in expressions nothing is imported
            is_inside = is_local or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            nodes += [(child, is_inside) for child in ast.iter_child_nodes(node)]
    return found


@pytest.mark.parametrize("package", LINE)
def test_a_package_imports_only_what_stands_to_its_left(package):
    right = LINE[LINE.index(package) + 1 :]
    wrong = [
        f"{file}:{line} imports {name}"
        for file in files(package)
        for name, line, _ in imports(file)
        if name.split(".")[0] in right
    ]
    assert not wrong


def test_nothing_is_imported_inside_a_function():
    assert not [f"{file}:{line} imports {name}" for file in modules() for name, line, local in imports(file) if local]


def test_no_package_imports_the_tests():
    assert not [f"{file}:{line}" for file in modules() for name, line, _ in imports(file) if name.startswith("tests")]


def test_brokers_know_neither_django_nor_channels():
    wrong = [
        f"{file}:{line} imports {name}"
        for file in files("brokers")
        for name, line, _ in imports(file)
        if name.split(".")[0] in ("django", "channels", "channels_redis", "allauth")
    ]
    assert not wrong


def test_only_the_demo_knows_the_loopback_venues():
    wrong = [
        f"{file}:{line} imports {name}"
        for file in modules()
        for name, line, _ in imports(file)
        if name.startswith("simulator") and not dotted(file).startswith(ADAPTERS_OWN)
    ]
    assert not wrong


def test_no_venue_is_named_outside_its_own_module_the_catalogue_and_the_settings():
    """`streaming/` knows no venue's name, and what stands to its right gets by without one too."""
    allowed = {"config/env.py", "config/settings.py", "config/logs.py"}
    wrong = [
        str(file.relative_to(BASE_DIR))
        for package in LINE[2:]
        if package != "demo"
        for file in files(package)
        if "tastytrade" in file.read_text().lower() and str(file.relative_to(BASE_DIR)) not in allowed
    ]
    assert not wrong
