"""Signals and their record over HTTP: whose they are, what is said where there are none, and what has not changed."""

import contextlib
import json
import typing

import msgspec
import pytest
from channels.routing import URLRouter

from brokers.contract.events import Insight, RegimeReading
from market.routing import at
from signals.api import endpoints
from signals.predictors.rules import AlwaysUp, LastSign
from signals.record.chain import START
from signals.routing import APPS
from signals.scoreboard.board import read_line
from streaming.wire import frames
from tests.signals.honesty.market import make_tape
from tests.signals.stored_course import StoredCourse
from tests.support.cluster_in_one_loop import STEADY, Station
from tests.support.corridor import Info, MemoryLinks
from tests.support.live_server import Served

LISTED = "https://partner.example"
BOB = {"X-Person": "2"}
LEARNING = ("/learning/status", "/learning/data/summary", "/learning/results/latest", "/learning/gates")
REGIME = RegimeReading(volatility="stressed", volatility_since=5, trend="up", trend_since=6, days=60)


class Desk(Served):
    """A process of the desk, open to person 1 (or whom `X-Person` names)."""

    routes = URLRouter([at(pattern, app) for pattern, app in APPS.items()])


@pytest.fixture(autouse=True)
def _settings(settings):
    settings.STREAM_SERVICES = []
    settings.STREAM_EXTENSIONS = []
    settings.ALLOWED_ORIGINS = [LISTED]


@pytest.fixture(scope="module")
def course():
    return StoredCourse(make_tape(5, 2, 4), [AlwaysUp(), LastSign()])


@contextlib.asynccontextmanager
async def signal_desk(valkey, course, monkeypatch) -> typing.AsyncIterator[tuple[Desk, Station]]:
    """A desk with the signals of person 1, just after the newest bar that was spoken of."""
    monkeypatch.setattr(endpoints, "now_ms", lambda: course.newest_at + 1_000)
    monkeypatch.setattr(endpoints, "REGIME_S", 0.3)
    async with Station(valkey, MemoryLinks(p1=[Info()], p2=[Info()]), in_force=STEADY) as station:
        await station.ledger.write(course.store, 1)
        async with Desk(typing.cast(typing.Any, station)) as served:
            yield served, station


async def test_a_symbol_has_a_signal_of_each_model_with_all_that_was_known(valkey, course, monkeypatch):
    async with signal_desk(valkey, course, monkeypatch) as (served, _):
        answer = await served.client.get("/signals/signal/s2")
        found = answer.json()
        assert answer.status_code == 200
        assert set(found) == {"symbol", "at", "regime", "signals", "reason"}
        assert (found["symbol"], found["at"], found["reason"]) == ("S2", course.newest_at, None)
        batches = [
            content for fact, content in zip(course.facts, course.contents, strict=True) if fact.about == "signal"
        ]
        for told, batch in zip(found["signals"], batches[-2:], strict=True):
            assert (told["model"], told["p"], told["q"], told["mid"]) == (
                batch.model,
                batch.p[2],
                batch.q[2],
                batch.mid[2],
            )
            assert (told["at"], told["due"], told["state"]) == (batch.bar, batch.due, "learning")
            assert told["features"] == {name: column[2] for name, column in batch.features.items()}
            assert told["confidence"] is None, "G3 is shut: nothing is made up"


async def test_the_regime_is_that_of_the_board(valkey, course, monkeypatch):
    async with signal_desk(valkey, course, monkeypatch) as (served, station):
        monkeypatch.setattr(endpoints, "REGIME_S", 10.0)
        async with contextlib.AsyncExitStack() as stack:
            reader = station.reader(endpoints.RegimeView("S2").view)
            stack.callback(station.hub.leave, reader.socket)
            await station.links.live(station.links.people[1][0])
            station.host.people[1].manager.put(Insight(symbol="S2", regime=REGIME, at=course.newest_at + 9))
            found = (await served.client.get("/signals/signal/S2")).json()
        assert found["regime"] == msgspec.to_builtins(REGIME)
        assert found["at"] == course.newest_at + 9, "the newest of all that is told"


async def test_an_answer_is_always_200_and_says_why_it_is_empty(valkey, course, monkeypatch):
    async with signal_desk(valkey, course, monkeypatch) as (served, _):

        async def reason(symbol: str = "S2", **headers: str) -> str:
            answer = await served.client.get(f"/signals/signal/{symbol}", headers=headers)
            assert (answer.status_code, answer.json()["signals"]) == (200, [])
            return str(answer.json()["reason"])

        assert await reason("NVDA") == "No model has said anything of NVDA yet."
        assert await reason("QQQ261218C00450000") == "No model has said anything of QQQ261218C00450000 yet."
        assert await reason(**BOB) == "Signals are off: you do not follow them."
        monkeypatch.setattr(endpoints, "now_ms", lambda: course.newest_at + 300_000)
        assert await reason() == "No signal is under way: the newest one is due already."


async def test_what_is_no_symbol_is_refused(valkey, course, monkeypatch):
    async with signal_desk(valkey, course, monkeypatch) as (served, _):
        answer = await served.client.get("/signals/signal/QQQ%20%3B--")
        assert (answer.status_code, answer.json()["code"]) == (400, "unknown_symbol")


async def test_what_has_not_changed_is_not_sent_again(valkey, course, monkeypatch):
    async with signal_desk(valkey, course, monkeypatch) as (served, _):
        for path in ("/signals/signal/S2", *LEARNING):
            answer = await served.client.get(path, headers={"Origin": LISTED})
            assert answer.status_code == 200
            assert answer.headers["access-control-allow-origin"] == LISTED
            again = await served.client.get(path, headers={"If-None-Match": answer.headers["etag"]})
            assert (again.status_code, again.content) == (304, b""), path
            other = await served.client.get(path, headers=BOB | {"If-None-Match": answer.headers["etag"]})
            assert other.status_code == 200, path


async def test_bob_sees_nothing_of_alices(valkey, course, monkeypatch):
    names = {run.registration.name for run in course.runs}
    async with signal_desk(valkey, course, monkeypatch) as (served, _):
        for path in ("/signals/signal/S2", *LEARNING):
            mine, his = (await served.client.get(path)).text, (await served.client.get(path, headers=BOB)).text
            assert all(f'"{name}"' not in his for name in names), path
            assert course.stored[-1].link not in his
            if path != "/learning/data/summary":
                assert all(f'"{name}"' in mine for name in names), path
        data = (await served.client.get("/learning/data/summary", headers=BOB)).json()
        assert data["facts"] == {"model": 0, "signal": 0, "outcome": 0, "results": 0}
        assert data["chain"] == {"number": 0, "head": START}


async def test_learning_says_how_far_it_is_and_of_what(valkey, course, monkeypatch):
    async with signal_desk(valkey, course, monkeypatch) as (served, _):
        status = (await served.client.get("/learning/status")).json()
        outcomes = sum(fact.about == "outcome" for fact in course.facts)
        assert (status["is_on"], status["is_following"], status["behind"], status["ran_at"]) == (
            True,
            True,
            outcomes,
            None,
        )
        assert [(one["model"], one["slot"]) for one in status["models"]] == [("always up", 1), ("last sign", 2)]
        data = (await served.client.get("/learning/data/summary")).json()
        assert data["facts"] == {"model": 2, "signal": outcomes, "outcome": outcomes, "results": 4}
        assert data["chain"] == {"number": len(course.facts), "head": course.stored[-1].link}
        assert (data["bars"], data["sessions"], data["newest_at"]) == (outcomes // 2, 2, course.newest_at)
        assert data["signals"]["scored"] == sum(run.score.skill.count for run in course.runs)
        assert data["records"]["kept"] == 2 * outcomes


async def test_results_are_those_of_the_newest_session_and_the_board(valkey, course, monkeypatch):
    async with signal_desk(valkey, course, monkeypatch) as (served, _):
        found = (await served.client.get("/learning/results/latest")).json()
        facts = course.stored[-2:]
        assert found["session"] == "day 001"
        assert [(one["fact"], one["logs"]) for one in found["results"]] == [
            (fact.number, fact.detail["logs"]) for fact in facts
        ]
        for told, run in zip(found["models"], course.runs, strict=True):
            line = read_line(run.registration, run.score, run.standing)
            expected = {
                name: {"value": one.value, "count": one.count, "is_grey": one.is_grey}
                for name, one in line.figures.items()
            }
            assert told["figures"] == json.loads(frames.dumps(expected))


async def test_gates_have_number_threshold_and_what_is_missing(valkey, course, monkeypatch):
    async with signal_desk(valkey, course, monkeypatch) as (served, _):
        for told in (await served.client.get("/learning/gates")).json()["models"]:
            assert [gate["gate"] for gate in told["gates"]] == [f"G{number}" for number in range(7)]
            assert told["gates"][1]["missing"].startswith("144 bars; 18 sessions")
            assert told["is_confidence_shown"] is False
