"""What pages load stays light, at first and later: all of it, as it is collected, gzipped, as a server sends it."""

import json
import pathlib
import random
import re
import subprocess
import zlib
from collections.abc import Mapping

import pytest

from config.env import BASE_DIR
from desk.panels import PANELS
from tests.desk import weight
from tests.desk.weight import Loaded, apart, bundle, complaints, kb, loaded
from tests.support.desk import collected

FIRST_KB = {".css": 20, ".js": 110}
"""What the first load of the desk may weigh, by kind, in thousands of bytes."""
LATER_KB = {
    "news": 8, "alerts": 10, "chart-annotations": 12, "push-device": 2, "status": 3, "scoreboard": 10,
    "order-draft": 2, "assistant": 14, "account pages": 6,
}  # fmt: skip
"""What a panel may load when it is first opened, and what the account pages may load that the desk does not."""
TO_COME: frozenset[str] = frozenset()
"""Those of them that are not there yet. One that comes fails the tests until it is taken out, and is weighed then."""
AT_ONCE = {"lightweight-charts"}
"""Asked for by import(), and by every desk at once: the chart stands on it from the beginning."""
TEMPLATES = BASE_DIR / "templates"
SOURCES = loaded([BASE_DIR / "static/js/main.js"], AT_ONCE)
OF_THE_DESK = ("skeleton.html", "base.html", "desk/desk.html")
OF_ACCOUNTS = ("entrance.html", "account/", "accounts/", "allauth/")
AT_FIRST = re.compile(r"""(?:src|href)="{% static '((?:css|js)/[^']+)' %}\"""")
LATER = re.compile(r"""data-sheet="{% static '(css/[^']+)' %}\"""")
"""How a page names the style sheet that a panel loads with its script; it is called like the panel."""


@pytest.fixture(scope="module")
def static(cast) -> pathlib.Path:
    return collected(cast)


@pytest.fixture(scope="module")
def hashed(static) -> Mapping[str, pathlib.Path]:
    """Where each file is, by the name that a page gives it."""
    paths = json.loads((static / "staticfiles.json").read_text())["paths"]
    return {name: static / path for name, path in paths.items()}


def named(pattern: re.Pattern[str]) -> dict[str, set[str]]:
    """What each template names."""
    pages = sorted(TEMPLATES.rglob("*.html"))
    return {str(page.relative_to(TEMPLATES)): set(pattern.findall(page.read_text())) for page in pages}


@pytest.fixture(scope="module")
def desk(hashed) -> Loaded:
    """What the desk's page loads."""
    found = named(AT_FIRST)
    return loaded([hashed[name] for page in OF_THE_DESK for name in sorted(found[page])], AT_ONCE)


@pytest.fixture(scope="module")
def later(desk, hashed) -> dict[str, float]:
    """What each bundle weighs that is loaded later, with its style sheet; and what the account pages load."""
    files = {name: {*found} for name, found in apart(desk, SOURCES).items()}
    for name in sorted(set().union(*named(LATER).values())):
        files.setdefault(pathlib.Path(name).stem, set()).add(hashed[name])
    of_accounts = [names for page, names in named(AT_FIRST).items() if page.startswith(OF_ACCOUNTS)]
    pages = loaded([hashed[name] for name in set().union(*of_accounts)], AT_ONCE)
    files["account pages"] = set().union(pages.first, *pages.later.values()) - desk.first
    return {name: kb(found) for name, found in files.items()}


@pytest.mark.parametrize("kind", FIRST_KB)
def test_the_first_load_of_the_desk_weighs_little(desk, kind):
    weighed = kb(desk.first, kind)
    assert weighed > FIRST_KB[kind] / 10, "that is too little to be all of it"
    assert weighed <= FIRST_KB[kind], f"the desk loads {weighed:.1f} KB of {kind} at first, of at most {FIRST_KB[kind]}"


def test_the_first_load_is_all_of_the_desk_and_nothing_of_what_comes_later(desk):
    assert {bundle(file) for file in desk.first if file.suffix == ".js"} - {"chunk"} == {"main", "theme"} | AT_ONCE
    assert "desk" in {bundle(file) for file in desk.first if file.suffix == ".css"}


def test_what_is_loaded_later_weighs_little_each_by_itself(later):
    assert later["account pages"] > 0
    assert complaints(later, LATER_KB, TO_COME) == []


def test_what_is_to_come_is_not_there_yet():
    """A panel that stands on the desk is weighed, and not by a bound that waits for it."""
    assert {*LATER_KB} >= TO_COME
    assert not TO_COME & {panel.name for panel in PANELS}
    assert not TO_COME & {file.stem for file in (BASE_DIR / "static").rglob("*.css")}


def test_no_other_page_loads_what_the_desk_does_not(desk, hashed):
    others = {page: names for page, names in named(AT_FIRST).items() if not page.startswith(OF_ACCOUNTS)}
    assert [(page, name) for page, names in others.items() for name in names if hashed[name] not in desk.first] == []


def test_a_page_carries_little_of_a_drawer_that_is_never_opened():
    """Its script and its style sheet are among what comes later."""
    assert len(zlib.compress((TEMPLATES / "assistant/drawer.html").read_bytes(), 9)) <= 1_000


def test_nothing_else_of_ours_is_served(static, desk, later):
    scripts = {bundle(file) for file in (static / "js").rglob("*.js")} - {"chunk"}
    assert scripts == {"entrance", "main", "theme", *desk.later}
    assert {*later} == {*desk.later, "account pages"}


# How packing and weighing find what there is not yet


PANEL = """
import {{ shared }} from "../shared.js";
globalThis.opened = [shared, "{padding}"];
"""


def packed(folder: pathlib.Path, main: str, *, padding: int = 100) -> tuple[Loaded, Loaded]:
    """Pack a desk whose main script is `main`, beside a panel of news; return what it and its sources load."""
    sources = folder / "static"
    (sources / "js/panels").mkdir(parents=True)
    (sources / "css").mkdir()
    (sources / "css/desk.css").write_text("p { color: red; }")
    noise = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz", k=padding))
    (sources / "js/main.js").write_text(main)
    (sources / "js/shared.js").write_text("export const shared = Math.random();")
    (sources / "js/panels/news.js").write_text(PANEL.format(padding=noise))
    subprocess.run([BASE_DIR / "packing/pack", folder / "built", sources], check=True)
    return loaded([folder / "built/js/main.js"]), loaded([sources / "js/main.js"])


OPENED_LATER = """
import { shared } from "./shared.js";
export const open = () => import("./panels/news.js");
open(shared);
"""


@pytest.mark.process
def test_a_panel_that_is_imported_when_it_is_opened_is_a_bundle_of_its_own(tmp_path):
    found, _ = packed(tmp_path, OPENED_LATER)
    assert {*found.later} == {"news"}
    assert {bundle(file) for file in found.first} == {"main", "chunk"}, "what both need is loaded once, at first"
    assert {bundle(file) for file in found.later["news"]} == {"news"}


@pytest.mark.process
def test_a_panel_that_is_too_heavy_is_named_with_its_weight_and_its_bound(tmp_path):
    found = apart(*packed(tmp_path, OPENED_LATER, padding=20_000))
    weights = {name: kb(files) for name, files in found.items()}
    (said,) = complaints(weights, {"news": 8}, ())
    assert re.fullmatch(r"news loads 1\d\.\d KB gzipped when it is first opened, and at most 8 KB are allowed\.", said)


@pytest.mark.process
def test_a_panel_that_slips_into_the_first_load_is_missed_among_the_others(tmp_path):
    both = 'import "./panels/news.js"; export const open = () => import("./panels/news.js");'
    weights = {name: kb(files) for name, files in apart(*packed(tmp_path, both)).items()}
    (said,) = complaints(weights, {"news": 8}, ())
    assert said == "news may weigh 8 KB and loads nothing of its own: it is gone, or part of the first load."


@pytest.mark.parametrize(
    ("later", "most", "to_come", "said"),
    [
        ({"news": 7.9}, {"news": 8}, (), []),
        ({}, {"news": 8}, {"news"}, []),
        ({"news": 1}, {"news": 8}, {"news"}, ["news is there now: take it out of TO_COME."]),
        ({"ladder": 1.25}, {}, (), ["ladder loads 1.2 KB later and has no bound."]),
    ],
)
def test_every_bundle_has_a_bound_and_every_bound_a_bundle(later, most, to_come, said):
    assert complaints(later, most, to_come) == said


def test_what_every_desk_asks_for_at_once_is_part_of_its_first_load(tmp_path):
    main = tmp_path / "main.js"
    main.write_text('import("./charts.js"); import("./news-ABCDEFGH.0123.js");')
    (tmp_path / "charts.js").write_text('import "./lines.js";')
    (tmp_path / "lines.js").write_text("")
    (tmp_path / "news-ABCDEFGH.0123.js").write_text('import"./lines.js";import("./stories.js");')
    (tmp_path / "stories.js").write_text("")
    found = weight.loaded([main], {"charts"})
    assert {file.name for file in found.first} == {"main.js", "charts.js", "lines.js"}
    assert {name: {file.name for file in files} for name, files in found.later.items()} == {
        "news": {"news-ABCDEFGH.0123.js"}, "stories": {"stories.js"},
    }  # fmt: skip
