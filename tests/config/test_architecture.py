"""Packages form a line; what a module imports stands at its top."""

import ast
import functools
import pathlib
import re

import pytest

from config.env import BASE_DIR

LINE = (
    "lib", "brokers", "accounts", "streaming", "market", "trading", "news", "alerts", "signals", "assistant", "desk",
    "simulator", "demo", "config",
)  # fmt: skip
INSIDE = {
    "brokers": "contract instruments adapter tastytrade|tradier|alpaca catalogue loopback",
    "brokers/tastytrade": (
        "sdk_import errors timeouts direct websocket session market_data account reference run broker oauth"
    ),
    "brokers/tradier": (
        "decoding limits rate_limits errors timeouts symbols rest stream_sessions websocket market_data account"
        " reference run broker"
    ),
    "brokers/alpaca": "decoding timestamps errors timeouts symbols rest sse account reference run broker",
    "accounts": (
        "account_names credentials models site auth signals links forms admin receivers management allauth_adapter"
        " context_processors error_reports apps views urls"
    ),
    "streaming": (
        "limits board telemetry wire sockets db_connection db_index facts models admin chronicle ownership ledger bus"
        " checks links feeds manager last_known rpc lists hub host discovery status runtime transports consumers"
        " routing formatting templatetags pages terminal management receivers apps views urls"
    ),
    "market": (
        "watchlist_rules models history api charts radial chains routing watchlists pages panels management apps urls"
    ),
    "trading": (
        "fields models portfolio api routing display pages panels admin reconciliation trial_order projection"
        " management apps urls"
    ),
    "news": (
        "sources text impact models store books owner stream status api routing panels pages forms admin management"
        " receivers apps views urls"
    ),
    "alerts": (
        "rules evaluation models store counts delivery watch hindsight forms status api panels pages channel_pages"
        " admin management apps urls"
    ),
    "signals": (
        "features regime evidence predictors record scoreboard learner display models journal store owner_store"
        " verification chain_check learner_store statements counts watch status api routing panels pages admin"
        " management apps urls"
    ),
    "assistant": (
        "models admin contract rate_limits open_limits open_streams addresses switch counts drafts tools catalogue call"
        " audit mcp news_stream chat status routing management context_processors apps urls"
    ),
    "assistant/chat": "switch server provider grounding safety turn conversations endpoints routing",
    "desk": "layout preferences models context_processors panels views pages apps urls",
    "simulator": (
        "market asgi clock stats rate_limit control_access ids exchange archive faults"
        " tastytrade|tradier|alpaca|news|model venues state app server __main__"
    ),
    "simulator/tastytrade": (
        "format symbols bodies orders dxlink account_stream oauth watchlists quote_alerts rest venue state backoffice"
        " http sockets faults order_traffic control"
    ),
    "simulator/tradier": (
        "format rate_limit customers request greeks watchlists orders bodies stream_sessions streams venue state"
        " corrupted_answers rest http sockets faults order_traffic told control"
    ),
    "simulator/alpaca": (
        "format customers orders bodies activities watchlists streams venue state rest http sockets faults"
        " order_traffic told control"
    ),
    "simulator/news": (
        "story story_text filers format markup release_calendar newsroom edition shelf bodies customers listener venue"
        " state feeds rest hostile http sockets faults control"
    ),
    "simulator/model": "conversation replies words sentences rules liar obedient quirks model http control",
    "config": (
        "env valkey databases logs postgresql cache_serializer message_storage error_pages static_files middleware"
        " server processes backup doctor settings urls apps page_bound asgi child management"
    ),
}
"""What stands in a package, left to right. What is joined by | knows nothing of each other."""
FREE = ("__init__", "migrations")
KNOW_THE_SIMULATOR = ("simulator", "brokers/loopback", "demo")
"""The simulated venues are known to themselves, to the demo and, by dotted path and file, to the catalogue."""


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


@pytest.mark.long
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


def unit(package: str, name: str) -> str:
    """What of a package a dotted name stands in; empty for what is elsewhere."""
    head, _, rest = name.partition(f"{package.replace('/', '.')}.")
    first = rest.split(".")[0]
    is_one = (BASE_DIR / package / f"{first}.py").exists() or (BASE_DIR / package / first).is_dir()
    return first if not head and is_one else ""


@pytest.mark.parametrize("package", INSIDE)
def test_a_folder_of_a_package_imports_only_what_stands_to_its_left(package):
    places = {name: place for place, names in enumerate(INSIDE[package].split()) for name in names.split("|")}
    found = {file: unit(package, dotted(file)) or file.stem for file in files(package)}
    assert set(found.values()) - set(FREE) - set(places) == set(), "has no place in the line"
    wrong = [
        f"{file}:{line} imports {name}"
        for file, here in found.items()
        for name, line, _ in imports(file)
        if here not in FREE and (there := unit(package, name)) not in ("", here) and there not in FREE
        if places[there] >= places[here]
    ]
    assert not wrong


def test_no_process_of_a_desk_imports_what_tests_alone_have():
    """numpy is 30 MB in each process: it judges indicators in tests."""
    heavy = {"numpy", "pandas", "scipy", "sklearn", "talib", "pyarrow"}
    wrong = [
        f"{file}:{line} imports {name}"
        for file in modules()
        for name, line, _ in imports(file)
        if name.split(".")[0] in heavy
    ]
    assert not wrong


def test_the_simulator_knows_the_instruments_and_small_helpers_alone():
    allowed = ("simulator.", "lib.", "brokers.instruments.")
    wrong = [
        f"{file}:{line} imports {name}"
        for file in files("simulator")
        for name, line, _ in imports(file)
        if name.split(".")[0] in LINE and not f"{name}.".startswith(allowed)
    ]
    assert not wrong


def test_only_the_demo_knows_the_simulator():
    wrong = [
        f"{file}:{line} imports {name}"
        for file in modules()
        for name, line, _ in imports(file)
        if name.split(".")[0] == "simulator" and not str(file.relative_to(BASE_DIR)).startswith(KNOW_THE_SIMULATOR)
    ]
    assert not wrong


def test_no_venue_is_named_outside_its_own_module_the_catalogue_and_the_settings():
    """`streaming/` knows no venue's name, and what stands to its right gets by without one too."""
    allowed = {"config/env.py", "config/settings.py", "config/logs.py"}
    wrong = [
        str(file.relative_to(BASE_DIR))
        for package in LINE[LINE.index("accounts") + 1 :]
        if package not in ("simulator", "demo")
        for file in files(package)
        if "tastytrade" in file.read_text().lower() and str(file.relative_to(BASE_DIR)) not in allowed
    ]
    assert not wrong


JS = BASE_DIR / "static/js"
JS_LINE = (
    "transports", "stream", "core", "options", "payoff", "chain", "chart", "portfolio", "alerts", "shell",
    "watchlist", "radial", "news", "annotations", "signals", "assistant", "status", "desk", "main.js",
)  # fmt: skip
ENTRANCES = ("main.js", "entrance.js", "theme.js")


def test_a_folder_of_scripts_imports_only_what_stands_to_its_left():
    """A page's entrances import whatever they need."""
    wrong = []
    for file in sorted(JS.rglob("*.js")):
        here = file.relative_to(JS).parts[0]
        for target in re.findall(r"""(?:from|import)\s*\(?\s*["'](\.[^"']+)["']""", file.read_text()):
            there = (file.parent / target).resolve()
            if here in ENTRANCES or not there.is_relative_to(JS):
                continue
            if JS_LINE.index(there.relative_to(JS).parts[0]) > JS_LINE.index(here):
                wrong.append(f"{file.relative_to(JS)} imports {target}")
    assert not wrong
