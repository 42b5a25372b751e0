"""What the documents say is what the code does: variables, events, codes, commands, paths and links."""

import ast
import pathlib
import re
import subprocess
import typing
from collections.abc import Iterable

import msgspec
import pytest
from django.urls import URLPattern

import market.routing
import streaming.urls
from alerts.watch import unchecked
from assistant import drafts
from brokers.contract import events, reports
from config import env
from config.env import BASE_DIR
from market.radial.markets import FEED_EVENTS
from simulator.alpaca import control as alpaca_control
from simulator.alpaca.faults import catalogue as alpaca_catalogue
from simulator.model import control as model_control
from simulator.model.model import CHARACTERS
from simulator.model.quirks import QUIRKS
from simulator.news import control as news_control
from simulator.news.faults import catalogue as news_catalogue
from simulator.news.story import PATHS as NEWS_PATHS
from simulator.tastytrade import control
from simulator.tastytrade.faults import catalogue
from simulator.tradier import control as tradier_control
from simulator.tradier.faults import catalogue as tradier_catalogue
from streaming import routing
from streaming.limits import Limits
from streaming.links import notices
from streaming.transports import sse
from streaming.transports.admission import AdmissionQuery
from streaming.wire import commands, frames, subscription
from trading.reconciliation import notices as book_notices

SETTINGS = (BASE_DIR / "docs/settings.md").read_text()
PROTOCOL = (BASE_DIR / "docs/protocol.md").read_text()
EXAMPLE = (BASE_DIR / ".env.example").read_text()
READERS = (
    "mail",
    "verification",
    "text",
    "choice",
    "flag",
    "number",
    "words",
    "origin",
    "origins",
    "base_url",
    "path",
    "database",
    "migration_database",
    "redis",
)


def tracked(*patterns: str) -> list[pathlib.Path]:
    names = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=BASE_DIR, stdout=subprocess.PIPE, check=True)
    return [BASE_DIR / name for name in names.stdout.decode().split("\0") if name and (BASE_DIR / name).exists()]


def variables_read() -> set[str]:
    """The names that calls of the readers in config/ spell out."""
    found = set()
    for file in (BASE_DIR / "config").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                name = node.args[0].value
                if called in READERS and isinstance(name, str) and name.isupper():
                    found.add(name)
    return found


def in_code(text: str) -> set[str]:
    return set(re.findall(r"`([^`\n]+)`", text))


def section(text: str, heading: str) -> str:
    found = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"no section {heading}"
    return found[1]


def first_column(text: str) -> set[str]:
    """What stands as code in the first column of the tables of a text."""
    return {
        code for line in text.splitlines() if line.startswith("| ") for code in in_code(line.split(" | ")[0])
    }  # fmt: skip


def test_every_variable_that_is_read_is_listed():
    assert variables_read() == set(env.VARIABLES)


def test_every_variable_is_described():
    assert first_column(SETTINGS) == set(env.VARIABLES) | set(env.RESERVED)


def test_every_variable_is_in_the_example():
    assert set(re.findall(r"^#?([A-Z_]+)=", EXAMPLE, re.MULTILINE)) == set(env.VARIABLES) | set(env.RESERVED)


def test_the_example_sets_nothing_by_itself():
    assert not re.findall(r"^[A-Z]", EXAMPLE, re.MULTILINE)


@pytest.mark.parametrize("event", events.STATE_EVENTS, ids=lambda event: event.__name__)
def test_every_event_is_documented_with_its_key_and_fields(event):
    tag = event.__struct_config__.tag
    rows = [line for line in section(PROTOCOL, "Events").splitlines() if line.startswith(f"| `{tag}` |")]
    assert len(rows) == 1, f"{tag} needs one row under Events"
    _, _, key, fields, _ = rows[0].split("|")
    assert tuple(re.findall(r"\w+", key)) == event.KEY
    named = re.findall(r"\w+", re.sub(r"\([^)]*\)", "", fields))
    assert set(named) == set(event.__struct_fields__) - set(event.KEY) - {"gone"}


def test_every_error_code_is_documented():
    assert first_column(section(PROTOCOL, "Errors")) == set(frames.ERROR_CODES)


def test_every_notice_is_documented():
    ours = notices.CODES.keys() | book_notices.CODES.keys() | unchecked.CODES.keys() | drafts.CODES.keys()
    assert first_column(section(PROTOCOL, "Notices")) == ours


@pytest.mark.parametrize("fact", [*reports.FACT_EVENTS, reports.Leg], ids=lambda fact: fact.__name__)
def test_every_field_of_a_fact_of_orders_is_documented(fact):
    said_of_every_fact = {"link", "id", "at", "found", "cursors"}
    tag = fact.__struct_config__.tag or "leg"
    rows = [line for line in section(PROTOCOL, "Facts of orders").splitlines() if line.startswith(f"| `{tag}`")]
    assert len(rows) == 1, f"{tag} needs one row under Facts of orders"
    named = re.findall(r"\w+", re.sub(r"\([^)]*\)", "", rows[0].split("|")[2]))
    assert set(named) == set(fact.__struct_fields__) - said_of_every_fact


@pytest.mark.parametrize("name", ["Status", "Side"])
def test_every_word_for_how_an_order_stands_and_every_kind_of_activity_is_documented(name):
    text = section(PROTOCOL, "Facts of orders")
    assert in_code(text) >= {*typing.get_args(getattr(reports, name))}
    hints = typing.get_type_hints(reports.ActivityReport)
    assert in_code(text) >= {*typing.get_args(hints["kind"])}


def test_every_close_code_is_documented():
    rows = [line.split("|")[1] for line in section(PROTOCOL, "Close codes").splitlines() if line.startswith("| ")]
    assert {int(code) for row in rows for code in re.findall(r"\d+", row)} == {int(code) for code in frames.Close}


def test_every_message_a_client_may_send_is_documented():
    plain = set(re.findall(r'"type":"(\w+)"', section(PROTOCOL, "Plain")))
    assert plain >= commands.PLAIN_TYPES
    assert first_column(section(PROTOCOL, "Frames")) >= commands.FRAMES_TYPES


def paths(routes: Iterable[URLPattern]) -> set[str]:
    """The paths of some routes as people write them: without the final slash, each alternative by itself."""
    found = set()
    for route in routes:
        text = str(route.pattern).removeprefix("^").removesuffix("$").removesuffix("/?")
        choice = re.search(r"\(\?P<\w+>(.*)\)", text)
        found |= {f"/{text.replace(choice[0], name)}" for name in choice[1].split("|")} if choice else {f"/{text}"}
    return found - {"/"}


def test_every_endpoint_of_the_streams_is_documented():
    served = paths([*routing.websocket_urlpatterns, *routing.http_urlpatterns, *streaming.urls.urlpatterns])
    assert {"/ws/streaming", "/ws/portfolio", "/sse/streaming", "/api/stream/poll", "/api/stream/view"} <= served
    top = {part.rstrip("/") for code in in_code(PROTOCOL.split("\n## ")[0]) for part in code.split()}
    assert {path for path in served if not path.startswith("/status")} <= top  # those are a page's


def test_every_endpoint_of_the_market_side_is_documented():
    served = {
        pattern.removeprefix("^").removesuffix("/?$").replace("(?P<symbol>.+?)", "<symbol>")
        for pattern in market.routing.APPS
    }
    told = first_column(section(PROTOCOL, "The market side"))
    assert {f"GET /{path}" for path in served} <= told
    assert set(FEED_EVENTS) <= told


def test_no_table_of_the_protocol_has_a_row_twice():
    """Whatever is named as code in its first column is named in one row only."""
    tables = [block.splitlines()[2:] for block in re.findall(r"(?:^\|.*\n)+", PROTOCOL, re.MULTILINE)]
    assert len(tables) > 10
    twice = set()
    for rows in tables:
        named = [code for row in rows for code in sorted(in_code(row.split("|")[1]))]
        twice |= {code for code in named if named.count(code) > 1}
    assert not twice


def test_every_event_of_a_stream_and_every_part_of_its_url_is_documented():
    events_, polls = section(PROTOCOL, "Server-sent events"), section(PROTOCOL, "Polls")
    asked = set(AdmissionQuery.__struct_fields__)
    assert first_column(events_) == sse.EVENTS | asked - {"wait_s", "beats"}
    answered = set(msgspec.json.decode(frames.poll("", True, 0, [], "{}"))) - {"type"}
    assert first_column(polls) == answered | {"wait_s", "interval_ms", "beats"}


def test_every_topic_is_documented():
    text = section(PROTOCOL, "Watches")
    assert in_code(text) >= subscription.TOPICS | subscription.LATER_TOPICS


def test_every_limit_of_the_streams_is_documented():
    assert set(Limits.__struct_fields__) <= in_code(section(PROTOCOL, "Limits"))


@pytest.mark.parametrize("file", tracked("*.md"), ids=lambda file: str(file.relative_to(BASE_DIR)))
def test_every_link_between_documents_leads_somewhere(file):
    links = re.findall(r"\]\(([^)#\s]+)", file.read_text())
    broken = [link for link in links if "://" not in link and not (file.parent / link).exists()]
    assert not broken


def test_every_make_target_in_the_readme_exists():
    targets = set(re.findall(r"^([a-z-]+):", (BASE_DIR / "Makefile").read_text(), re.MULTILINE))
    named = re.findall(r"(?:^|`)make ([a-z-]+)", (BASE_DIR / "README.md").read_text(), re.MULTILINE)
    assert set(named) <= targets


def test_the_first_targets_are_the_two_commands_of_the_readme():
    targets = re.findall(r"^([a-z-]+):", (BASE_DIR / "Makefile").read_text(), re.MULTILINE)
    commands = re.findall(r"^make (\w+)", (BASE_DIR / "README.md").read_text(), re.MULTILINE)
    assert targets[:2] == commands[:2] == ["demo", "test"]


@pytest.mark.parametrize(
    "name", ["requirements.txt", "requirements-dev.txt", "requirements-apprise.txt", "requirements-parquet.txt"]
)
def test_every_requirement_is_pinned_with_hashes(name):
    text = (BASE_DIR / name).read_text()
    logical = re.sub(r"\\\n", " ", text)
    pins = [line for line in logical.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert pins
    assert [pin for pin in pins if not re.match(r"[\w.\[\]-]+==\S+.*--hash=sha256:", pin)] == []


def test_every_direct_requirement_is_among_the_pins():
    for name in ("requirements", "requirements-dev", "requirements-apprise", "requirements-parquet"):
        pinned = (BASE_DIR / f"{name}.txt").read_text()
        for line in (BASE_DIR / f"{name}.in").read_text().splitlines():
            if found := re.match(r"[a-z][\w-]*", line):
                assert re.search(rf"^{found[0]}(\[[\w,]+\])?==", pinned, re.MULTILINE), found[0]


@pytest.mark.process
def test_no_tracked_file_names_a_place_on_one_machine_or_a_registry():
    """A path like these, or a package index, makes a checkout work in one place only."""
    places = re.compile(
        rb"(?<![\w.])/(?:home|root|Users|work)/[\w.]|pypi\.o" rb"rg|pythonhosted\.o" rb"rg|registry\.npmjs|deb\.debian"
    )
    wrong = [str(file.relative_to(BASE_DIR)) for file in tracked() if places.search(file.read_bytes())]
    assert not wrong


def test_every_fault_and_every_door_of_the_simulated_venue_is_listed():
    page = (BASE_DIR / "docs/simulated-venue.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", section(page, "Faults"), re.MULTILINE))
    assert rows == {name: " ".join(act.does.split()) for name, act in catalogue.ACTS.items()}
    assert first_column(section(page, "What can be done to it")) == {"POST /_sim/…", *control.ACTS}


def test_every_fault_and_every_door_of_the_simulated_tradier_is_listed():
    page = (BASE_DIR / "docs/simulated-venue.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", section(page, "Faults of Tradier"), re.MULTILINE))
    assert rows == {name: act.does for name, act in tradier_catalogue.ACTS.items()}
    assert first_column(section(page, "What can be done to Tradier")) == {
        "POST /_sim/tradier/…",
        *tradier_control.ACTS,
    }


def test_every_fault_and_every_door_of_the_simulated_alpaca_is_listed():
    page = (BASE_DIR / "docs/simulated-venue.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", section(page, "Faults of Alpaca"), re.MULTILINE))
    assert rows == {name: act.does for name, act in alpaca_catalogue.ACTS.items()}
    assert first_column(section(page, "What can be done to Alpaca")) == {
        "POST /_sim/alpaca/…",
        *alpaca_control.ACTS,
    }


def test_every_fault_and_every_door_of_the_simulated_news_is_listed_and_every_source_has_its_place():
    page = (BASE_DIR / "docs/simulated-venue.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", section(page, "Faults of the news"), re.MULTILINE))
    assert rows == {name: act.does for name, act in news_catalogue.ACTS.items()}
    doors = first_column(section(page, "What can be done to the news"))
    assert doors == {"POST /_sim/news/…", *news_control.ACTS}
    assert [path for path in NEWS_PATHS.values() if path not in section(page, "News")] == []


def test_every_character_quirk_and_door_of_the_loopback_model_is_listed():
    page = (BASE_DIR / "docs/simulated-venue.md").read_text()
    about = section(page, "The model")
    assert first_column(about) == {*CHARACTERS, "script:NAME"}
    assert [quirk for quirk in QUIRKS if f"`{quirk}`" not in about] == []
    assert first_column(section(page, "What can be done to the model")) == {"POST /_sim/model/…", *model_control.ACTS}


@pytest.mark.process
def test_every_module_that_is_named_by_its_path_exists():
    """In documents, comments, templates and code; a path begins at the root, or at that of the tests or the scripts."""
    tops = "|".join({file.relative_to(BASE_DIR).parts[0] for file in tracked("*/*.py", "static/*")})
    named = re.compile(rf"(?<![\w./<>-])((?:{tops})/[\w./-]+\.(?:py|js))\b")
    roots = (BASE_DIR, BASE_DIR / "tests", BASE_DIR / "static/js")
    wrong = [
        f"{file.relative_to(BASE_DIR)} names {path}"
        for file in tracked("*.md", "*.py", "*.html", "*.css", "*.js")
        for path in named.findall(file.read_text())
        if not any((root / path).exists() for root in roots)
    ]
    assert not wrong
