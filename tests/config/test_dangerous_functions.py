"""No module calls what runs text as code, reads what can run it, or hashes and encrypts by what is broken."""

import ast
import functools
import pathlib
import re

import pytest

from config.env import BASE_DIR
from streaming.ledger import numbers
from tests.config.test_architecture import files, imports, modules

FILES = [*modules(), BASE_DIR / "manage.py"]
RUNS_CODE = {"eval", "exec", "compile", "__import__"}
READS_CODE = ("pickle", "marshal", "shelve", "dill", "jsonpickle", "yaml", "code", "codeop")
XML = ("xml", "lxml", "defusedxml", "xmltodict", "bs4", "html5lib")
HASHES = {"sha256", "blake2b", "blake2s", "shake_128", "shake_256"}
"""Those that ASVS approves of and that are used here; the simulated market draws by blake2b and shake_128."""
CIPHERS = re.compile(
    r"cryptography\.(exceptions|hazmat\.primitives\.(ciphers\.aead\.AESGCM|hpke|asymmetric\.x25519))(\.|$)"
)

WEB_PUSH = re.compile(
    r"alerts/delivery/(vapid|web_push)\.py:\d+ imports cryptography\.hazmat\.primitives\."
    r"(asymmetric\.(ec|utils)|hashes|kdf\.hkdf|serialization)(\.|$)"
)
"""What RFC 8291 and 8292 prescribe between a desk and a browser, and nothing else may use."""


@functools.cache
def calls(file: pathlib.Path) -> list[ast.Call]:
    return [node for node in ast.walk(ast.parse(file.read_text(), str(file))) if isinstance(node, ast.Call)]


def place(file: pathlib.Path, node: ast.AST) -> str:
    return f"{file.relative_to(BASE_DIR)}:{getattr(node, 'lineno', 0)}"


def name(call: ast.Call) -> str:
    """What is called, as `eval`, `hashlib.md5` or `.execute`."""
    parts: list[str] = []
    node = call.func
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id if isinstance(node, ast.Name) else "", *reversed(parts)])


def imported(*packages: str) -> list[str]:
    """Where something of one of these packages is imported."""
    return [
        f"{file.relative_to(BASE_DIR)}:{line} imports {found}"
        for file in FILES
        for found, line, _ in imports(file)
        if any(found == package or found.startswith(f"{package}.") for package in packages)
    ]


@pytest.mark.long
def test_nothing_runs_text_as_code():
    assert [place(file, call) for file in FILES for call in calls(file) if name(call) in RUNS_CODE] == []
    assert imported(*READS_CODE) == []


@pytest.mark.long
def test_nothing_is_run_by_a_shell():
    wrong = [
        place(file, call)
        for file in FILES
        for call in calls(file)
        if re.fullmatch(r"os\.(system|popen)|subprocess\.get\w+|\w*\.?create_subprocess_shell", name(call))
        or any(given.arg == "shell" for given in call.keywords)
    ]
    assert wrong == []


@pytest.mark.long
def test_nothing_reads_xml():
    assert [one for one in imported(*XML) if " xml.sax.saxutils" not in one] == [], "which only writes it"


def test_hashes_are_approved_ones():
    used = {found[1] for file in FILES for call in calls(file) if (found := re.match(r"hashlib\.(\w+)", name(call)))}
    assert used == HASHES
    for file in FILES:
        for call in calls(file):
            if name(call).endswith("salted_hmac"):
                given = {one.arg: ast.unparse(one.value) for one in call.keywords}
                assert given.get("algorithm") == "'sha256'", place(file, call)


def test_secrets_are_encrypted_by_aes_gcm_and_hpke_alone():
    used = imported("cryptography")
    assert used
    assert [one for one in used if not CIPHERS.search(one) and not WEB_PUSH.match(one)] == []
    assert imported("Crypto", "Cryptodome", "nacl", "ssl.RAND_bytes") == []


@pytest.mark.parametrize("folder", ["static/js", "templates"])
def test_no_page_keeps_a_password_from_being_pasted_or_filled_in(folder):
    found = [file for file in (BASE_DIR / folder).rglob("*") if file.suffix in (".js", ".html")]
    assert found
    assert [file.name for file in found if re.search(r"onpaste|[\"']paste[\"']", file.read_text())] == []


def test_statements_of_sql_hold_nothing_that_came_from_outside():
    """All others are the ORM's. These belong to the settings, which no request reaches, to a counter and to sizes."""
    places = {
        str(file.relative_to(BASE_DIR))
        for package in ("accounts", "streaming", "market", "trading", "desk", "demo", "config")
        for file in files(package)
        for call in calls(file)
        if re.search(r"(\.execute|\.executemany|\.raw|\.extra|RawSQL)$", name(call))
    }
    assert {place for place in places if not place.startswith("config/")} == {
        "streaming/ledger/numbers.py", "market/history/size.py",
    }  # fmt: skip
    assert {one.group() for one in re.finditer(r"\{\w*\}", numbers._NUMBER + numbers._NUMBER_FOR_NOBODY)} == {"{table}"}
