"""Alpaca's news: nothing is lost or doubled over a gap, and each refusal means what it does."""

import datetime

import pytest

from news.sources.alpaca import AlpacaNews
from news.sources.alpaca_socket import AlpacaTimeouts
from news.sources.contract import KeyRejected, SourceLost
from tests.news.sources.alpaca_server import BEGAN, CREDENTIALS, SECRET, AlpacaServer, row
from tests.news.sources.recorder import Recorder
from tests.news.sources.web_server import Answer

SHORT = AlpacaTimeouts(answer_s=0.3, ping_s=0.02, audit_s=0.05, grace_s=0.0)
PATIENT = AlpacaTimeouts()


@pytest.fixture
async def server():
    async with AlpacaServer().running() as running:
        yield running


@pytest.fixture
async def connect(server):
    opened = []

    def connect(limits=PATIENT, credentials=CREDENTIALS):
        opened.append(AlpacaNews(credentials, server.rest, server.socket, limits))
        return opened[-1]

    yield connect
    for source in opened:
        await source.close()


def versions(recorder):
    return [(item.id, item.updated_at) for item in recorder.items]


async def test_an_article_is_delivered_as_it_happens(server, connect):
    found = Recorder()
    async with found.running(connect()) as task:
        await found.until(task, lambda: found.cursor)
        await server.publish(row(7, 0))
        await found.until(task, lambda: found.items)
    [item] = found.items
    assert (item.id, item.publisher, item.authors) == ("7", "Benzinga", ("Benzinga Newsdesk",))
    assert (item.symbols, item.summary) == (("AAPL", "BRK.B"), "Summary")
    assert item.published_at == item.updated_at == BEGAN
    assert (item.published_by, item.recovered) == ("source", False)
    assert item.url == "https://www.benzinga.com/news/7"
    assert "CONTENT-MARKER" not in repr(item)
    assert "include_content=false" in server.web.asked[0].line


async def test_over_a_gap_nothing_is_lost_or_doubled_and_revisions_follow_originals(server, connect):
    """A4: 50 items and 10 revisions while the socket is away, more while the gap is asked for."""
    before = Recorder()
    async with before.running(connect()) as task:
        await before.until(task, lambda: before.cursor)
        await server.publish(*(row(number, number) for number in range(20)))
        await before.until(task, lambda: len(before.items) == 20)
        await server.drop()
        with pytest.raises(SourceLost, match="closed the news socket"):
            await task
    missed = [row(number, number) for number in range(100, 150)]
    revised = [row(number, number, 200 + number) for number in (*range(15, 20), *range(100, 105))]
    server.versions += [*missed, *revised]

    late = [row(500, 400), row(100, 100, 401), row(120, 120, 402)]

    def publish_meanwhile():
        server.before_page = None
        server.versions += late

    server.before_page = publish_meanwhile
    after = Recorder(before.cursor)
    async with after.running(connect()) as task:
        await after.until(task, lambda: "500" in after.ids)
        await server.push([{"T": "n", **one} for one in late])
        await server.publish(row(501, 500))
        await after.until(task, lambda: "501" in after.ids)
    delivered = versions(before) + versions(after)
    assert len(delivered) == len(set(delivered)), "none is doubled"
    newest = {one["id"]: one["updated_at"] for one in server.versions}
    said = dict(delivered)
    assert {number: f"{said[str(number)]:%Y-%m-%dT%H:%M:%SZ}" for number in newest} == newest, "none is lost"
    for number in {item.id for item in after.items}:
        times = [at for one, at in delivered if one == number]
        assert times == sorted(times), "a revision follows its original"
    assert {item.recovered for item in after.items if item.id != "501"} == {True}
    assert after.items[-1].recovered is False


async def test_the_socket_is_open_before_the_gap_is_asked_for(server, connect):
    """What happens while the gap is asked for comes by the socket, after it."""
    connected = []
    server.versions += [row(1, 1)]
    server.before_page = lambda: connected.append(len(server.sockets))
    found = Recorder({"updated_at": f"{BEGAN:%Y-%m-%dT%H:%M:%SZ}"})
    async with found.running(connect()) as task:
        await found.until(task, lambda: found.items)
    assert connected == [1]


async def test_an_article_that_the_socket_delivers_out_of_order_is_not_lost_by_a_drop(server, connect):
    found = Recorder()
    async with found.running(connect()) as task:
        await found.until(task, lambda: found.cursor)
        await server.push([{"T": "n", **row(2, 60)}])
        await found.until(task, lambda: found.items)
    server.versions += [row(1, 30), row(2, 60)]
    again = Recorder(found.cursor)
    async with again.running(connect()) as task:
        await again.until(task, lambda: again.items)
    assert again.ids == ["1"]


async def test_an_older_version_does_not_follow_a_newer_one(server, connect):
    found = Recorder()
    async with found.running(connect()) as task:
        await found.until(task, lambda: found.cursor)
        await server.push([{"T": "n", **row(1, 0, 90)}])
        await server.push([{"T": "n", **row(1, 0)}, {"T": "n", **row(2, 91)}])
        await found.until(task, lambda: "2" in found.ids)
    assert found.ids == ["1", "2"]


async def test_a_source_that_was_never_asked_begins_with_the_newest_page(server, connect):
    server.versions += [row(number, number) for number in range(120)]
    found = Recorder()
    async with found.running(connect()) as task:
        await found.until(task, lambda: len(found.items) == 50)
    assert found.ids == [str(number) for number in range(70, 120)]
    assert all(item.recovered for item in found.items)


@pytest.mark.parametrize(
    ("code", "error", "reason"),
    [
        (402, SourceLost, "refuses a key that Alpaca takes elsewhere"),
        (406, SourceLost, "one news socket for a key, and another program has it"),
        (407, SourceLost, "too slow"),
        (429, SourceLost, "rate limit"),
        (500, SourceLost, "error 500"),
        ("x", SourceLost, "with an error"),
    ],
)
async def test_an_error_of_the_socket_is_told_in_a_sentence(server, connect, code, error, reason):
    server.refusal = {"T": "error", "code": code, "msg": "words of the server"}
    found = Recorder()
    with pytest.raises(error, match=reason) as told:
        async with found.running(connect()) as task:
            await found.until(task, task.done)
    assert told.value.retry_after == (60.0 if code in (406, 429) else None)
    assert "words of the server" not in str(told.value)


async def test_while_another_program_has_the_socket_news_come_over_rest_with_every_try(server, connect):
    server.refusal = {"T": "error", "code": 406, "msg": "connection limit exceeded"}
    found = Recorder({"updated_at": f"{BEGAN:%Y-%m-%dT%H:%M:%SZ}"})
    for number in (3, 4):
        server.versions += [row(number, number)]
        with pytest.raises(SourceLost, match="another program has it"):
            async with found.running(connect()) as task:
                await found.until(task, task.done)
    assert found.ids == ["3", "4"]


@pytest.mark.parametrize("code", [402, 403, 409])
async def test_a_key_that_is_refused_everywhere_is_rejected(server, connect, code):
    server.refusal = {"T": "error", "code": code}
    server.web.answers["/v1beta1/news"] = Answer(status=403)
    found = Recorder()
    with pytest.raises(KeyRejected):
        async with found.running(connect()) as task:
            await found.until(task, task.done)


async def test_a_wrong_key_is_rejected_and_not_quoted(connect):
    source = connect(credentials={"key_id": "PKTEST", "secret_key": "wr0ng-secret"})
    with pytest.raises(KeyRejected) as told:
        await source.verify()
    assert "wr0ng" not in f"{told.value!r} {source!r}"
    with pytest.raises(KeyRejected):
        connect(credentials={"key_id": "PKTEST"})


async def test_a_good_key_is_verified(connect):
    await connect().verify()


async def test_a_socket_that_delivers_nothing_is_found_out(server, connect):
    server.is_mute = True
    found = Recorder({"updated_at": f"{BEGAN:%Y-%m-%dT%H:%M:%SZ}"})
    async with found.running(connect(SHORT)) as task:
        await found.until(task, lambda: found.beats > 2)
        await server.publish(row(3, 5))
        with pytest.raises(SourceLost, match="open and delivers nothing"):
            await task
    assert found.ids == ["3"]
    assert found.items[0].recovered


async def test_a_quiet_socket_is_alive_by_its_pongs(server, connect):
    found = Recorder({"updated_at": f"{BEGAN:%Y-%m-%dT%H:%M:%SZ}"})
    async with found.running(connect(AlpacaTimeouts(ping_s=0.01))) as task:
        await found.until(task, lambda: found.beats > 20)
    assert not found.items


async def test_a_socket_that_is_open_and_silent_is_lost(server, connect):
    found = Recorder()
    async with found.running(connect(AlpacaTimeouts(ping_s=0.01, answer_s=0.3))) as task:
        await found.until(task, lambda: found.cursor)
        for socket in server.sockets:
            socket.transport.pause_reading()
        with pytest.raises(SourceLost, match="open and silent"):
            await task
        for socket in server.sockets:
            socket.transport.abort()


async def test_garbage_is_counted_and_too_much_of_it_ends_the_socket(server, connect):
    found = Recorder()
    async with found.running(connect()) as task:
        await found.until(task, lambda: found.cursor)
        await server.push('[{"T":"n","id":1}, 7, {"T":"n","id":"x","headline":"y"}]')
        await found.until(task, lambda: found.anomalies["unreadable"] == 2)
        for _ in range(11):
            await server.push("{garbage")
        with pytest.raises(SourceLost, match="garbage"):
            await task
    assert not found.items


@pytest.mark.parametrize("status", [401, 403, 429, 500])
async def test_a_refusal_of_rest_means_what_it_does(server, connect, status):
    server.web.answers["/v1beta1/news"] = Answer(status=status, headers={"Retry-After": "7"})
    found = Recorder()
    with pytest.raises(KeyRejected if status in (401, 403) else SourceLost, match=r"Alpaca") as told:
        async with found.running(connect()) as task:
            await found.until(task, task.done)
    assert getattr(told.value, "retry_after", None) == (None if status in (401, 403) else 7.0)


async def test_an_article_without_a_time_of_its_own_has_that_of_its_arrival(server, connect):
    found = Recorder()
    async with found.running(connect()) as task:
        await found.until(task, lambda: found.cursor)
        await server.publish(row(1, 0, created_at="yesterday"))
        await found.until(task, lambda: found.items)
    assert found.items[0].published_by == "arrival"
    assert datetime.datetime.now(datetime.UTC) - found.items[0].published_at < datetime.timedelta(minutes=1)


async def test_no_secret_is_in_what_a_source_shows(server, connect):
    source = connect()
    assert SECRET not in f"{source!r} {vars(source)!r} {vars(source._rest)!r}"
