"""What the stream command says of a stream: missing is a dash, a gap is a time that was not live."""

from streaming.terminal.table import TerminalTable

LINK = {"type": "link", "link": "l", "label": "main"}


def frame(seq, *state, prev=None, **fields):
    return {
        "type": "frame",
        "epoch": "1-a",
        "prev": seq - 1 if prev is None else prev,
        "seq": seq,
        "state": state,
        **fields,
    }


def test_the_start_is_no_gap_and_a_loss_is_one():
    tally = TerminalTable(0)
    tally.apply(frame(1, {**LINK, "state": "connecting"}), 0)
    tally.apply(frame(2, {**LINK, "state": "live"}), 2_000)
    assert tally.gaps == 0
    tally.apply(frame(3, {**LINK, "state": "waiting", "reconnects": 1}), 10_000)
    tally.apply(frame(4, {**LINK, "state": "live", "refreshes": 2}), 12_500)
    assert "1 reconnects, 2 refreshes" in tally.summary(20_000)
    assert "1 gaps (2.5 s not live)" in tally.summary(20_000)


def test_a_frame_that_does_not_continue_the_last_is_counted():
    tally = TerminalTable(0)
    tally.apply(frame(1), 0)
    tally.apply(frame(9, prev=5), 0)
    assert tally.missed == 1


def test_latency_is_from_the_adapters_stamp_and_not_counted_for_a_snapshot():
    tally = TerminalTable(0)
    tally.apply(frame(1, {"type": "quote", "symbol": "QQQ", "bid": 1.0, "at": 0}, snapshot=True), 90_000)
    assert tally.latencies == []
    tally.apply(frame(2, {"type": "quote", "symbol": "QQQ", "bid": 1.0, "at": 100}), 107)
    assert tally.latencies == [7]


def test_a_missing_value_is_a_dash_and_an_update_without_news_no_line():
    tally = TerminalTable(0)
    items = tally.apply(frame(1, {"type": "quote", "symbol": "QQQ", "bid": None, "at": 5}), 9)
    (line,) = tally.lines(items, 9)
    assert "bid –" in line
    assert "ask" not in line
    assert tally.lines([{"type": "quote", "symbol": "QQQ", "bid_size": 100.0}], 9) == []
    assert "–" in tally.table(9)[1]


def test_a_snapshot_forgets_what_it_does_not_carry():
    tally = TerminalTable(0)
    tally.apply(frame(1, {"type": "quote", "symbol": "QQQ", "bid": 1.0}), 0)
    tally.apply(frame(2, {"type": "quote", "symbol": "SPY", "bid": 1.0}, snapshot=True), 0)
    assert [slot["symbol"] for slot in tally.slots.values()] == ["SPY"]


def test_each_interval_of_a_symbol_has_a_row_and_lines_of_its_own():
    tally = TerminalTable(0)
    bar = {"type": "candle", "symbol": "QQQ", "open": 1.0, "high": 3.0, "low": 0.5, "close": 2.25, "at": 1_000}
    state = [{**bar, "interval": "1m", "time": 0}, {**bar, "interval": "1d", "time": 0, "close": 9.0}]
    items = tally.apply(frame(1, *state), 0)
    tally.apply(frame(2, {"type": "candle", "symbol": "QQQ", "interval": "1m", "close": 2.5, "at": 2_000}), 0)
    rows = [row.split() for row in tally.table(4_000)]
    assert ["QQQ:1m", "1", "3", "0.5", "2.5", "2.0", "s"] in rows
    assert ["QQQ:1d", "1", "3", "0.5", "9", "3.0", "s"] in rows
    first, second = tally.lines(items, 1_000)
    assert "QQQ:1m   time 1970-01-01T00:00Z  open 1  high 3  low 0.5  close 2.25" in first
    assert "QQQ:1d" in second


def test_what_does_not_trade_and_what_happened_are_said():
    tally = TerminalTable(0)
    unlisted = {"type": "profile", "symbol": "ZZZQ", "status": "unlisted"}
    active = {"type": "profile", "symbol": "QQQ", "status": "active"}
    lost = [{"type": "notice", "fact": n, "at": 1_000 * n, "code": "link_lost", "text": f"lost {n}"} for n in range(5)]
    items = tally.apply(frame(1, unlisted, active, facts=lost), 0)
    said = tally.lines(items, 0)
    assert said[0].split()[1:] == ["profile", "ZZZQ", "status", "unlisted"]
    assert said[-1].split()[1:4] == ["notice", "lost", "4"]
    table = tally.table(0)
    assert table[1].split() == ["ZZZQ", "unlisted"]
    assert table[2:] == ["00:00:02 lost 2", "00:00:03 lost 3", "00:00:04 lost 4"]


def test_with_a_venue_only_what_came_by_its_links_is_shown_and_counted():
    tally = TerminalTable(0, "tradier")
    other = {"type": "link", "link": "t", "label": "spare", "venue": "tradier", "state": "live"}
    quote = {"type": "quote", "symbol": "QQQ", "bid": 1.0, "at": 90}
    items = tally.apply(
        frame(1, {**quote, "link": "l"}, {**quote, "symbol": "SPY", "link": "t"}, {**LINK, "venue": "x"}, other), 100
    )
    assert [item.get("symbol", item.get("link")) for item in items] == ["t", "SPY"]
    assert tally.apply(frame(2, {"type": "quote", "symbol": "QQQ", "bid": 2.0}, {"type": "market"}), 100) == []
    moved = {"type": "quote", "symbol": "QQQ", "bid": 3.0, "link": "t"}
    facts = [{"type": "notice", "link": link, "text": link, "at": 1} for link in "lt"]
    assert tally.apply(frame(3, moved, facts=facts), 100) == [moved, facts[1]]
    assert [row.split()[0] for row in tally.table(100)[1:-1]] == ["QQQ", "SPY", "spare"]
    assert tally.events == 4
    assert "(0.0 s not live)" in tally.summary(100)
