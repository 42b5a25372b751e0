"""What docs/security.md names is there, and its table of ASVS has each requirement of level 1 once, none unmet."""

import ast
import functools
import re

import pytest
from django.conf import settings

from config import env
from config.env import BASE_DIR
from tests.config.test_docs import in_code, section

PAGE = (BASE_DIR / "docs/security.md").read_text()
LEVEL_1 = {
    "1": "2.1 2.2 2.3 2.4 2.5 3.1 3.2 5.1",
    "2": "1.1 2.1 2.2 3.1",
    "3": "2.1 2.2 3.1 4.1 4.2 5.1 5.2 5.3",
    "4": "1.1 4.1",
    "5": "2.1 2.2 3.1 3.2",
    "6": "1.1 2.1 2.2 2.3 2.4 2.5 2.6 2.7 2.8 3.1 3.2 4.1 4.2",
    "7": "2.1 2.2 2.3 2.4 4.1 4.2",
    "8": "1.1 2.1 2.2 3.1",
    "9": "1.1 1.2 1.3 2.1",
    "10": "4.1 4.2 4.3 4.4 4.5",
    "11": "3.1 3.2 4.1",
    "12": "1.1 2.1 2.2",
    "13": "4.1",
    "14": "2.1 3.1",
    "15": "1.1 2.1 3.1",
}
"""The requirements of ASVS 5.0.0 at level 1, by chapter; 16 and 17 have none. They are 70."""
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in section(PAGE, "OWASP ASVS 5.0.0, level 1").splitlines()
    if re.match(r"\| \d", line)
]


def test_the_table_has_each_requirement_of_level_1_once_and_in_order():
    wanted = [f"{chapter}.{number}" for chapter, numbers in LEVEL_1.items() for number in numbers.split()]
    assert len(wanted) == 70
    assert [row[0] for row in ROWS] == wanted


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_each_is_met_by_something_with_a_name_or_not_applicable_for_a_reason(row):
    number, asks, met = row
    assert asks, number
    excused = re.match(r"not applicable: \w+", met)
    assert excused or in_code(met) or re.search(r"\]\(#[\w-]+\)", met), f"nothing meets {number}"


@functools.cache
def functions(path: str) -> set[str]:
    tree = ast.parse((BASE_DIR / path).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("named", sorted(name for name in in_code(PAGE) if "/" in name and "." in name))
def test_every_test_and_file_that_is_named_exists(named):
    path, _, test = named.partition("::")
    if not re.fullmatch(r"[\w./-]+\.\w+", path):
        return  # an address, or a command
    assert (BASE_DIR / path).is_file(), path
    assert not test or test in functions(path), named


def test_every_setting_that_is_named_exists():
    named = {name for name in in_code(PAGE) if re.fullmatch(r"[A-Z]+(?:_[A-Z]+)+", name)}
    assert named >= {"COOKIE_PREFIX", "HSTS_SECONDS", "SECRET_KEY"}
    assert {name for name in named if name not in env.VARIABLES and not hasattr(settings, name)} == set()


def test_every_section_that_is_named_exists():
    headings = {
        re.sub(r"[^\w -]", "", line).strip().lower().replace(" ", "-") for line in re.findall("^## (.*)", PAGE, re.M)
    }
    assert set(re.findall(r"\]\(#([\w-]+)\)", PAGE)) <= headings
