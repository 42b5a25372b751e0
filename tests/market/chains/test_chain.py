"""One expiration with prices and Greeks: rows around the money, at once and then what changed, and as a whole."""

import asyncio
import datetime
import decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokers.contract.broker import Demand, Strike
from market.chains.chain import Listed, ShownChain
from tests.market.cast import DAY as DATE
from tests.market.cast import STRIKES, market, name
from tests.support.eventually import aeventually

DAY = DATE.isoformat()
CHAIN = "/api/options/chain/QQQ"
GREEKS = f"{CHAIN}/greeks"
ROW = [
    "symbol", "strike", "type", "bid", "ask", "delta", "gamma", "theta", "vega", "iv", "volume", "open_interest",
    "greeks_at", "greeks_source", "quote_at", "source", "delayed",
]  # fmt: skip


def rows_of(*strikes):
    return {name("QQQ", strike, right) for strike in strikes for right in "CP"}


async def test_rows_are_those_nearest_the_money_and_follow_it():
    async with market() as (_, served, broker), served.stream(GREEKS, expiration=DAY, rows=4) as stream:
        broker.price("QQQ", 451, 451.5)
        await stream.until(lambda stream: stream.rows.keys() == rows_of(445, 450))
        broker.price("QQQ", 452.4, 452.6)
        broker.price("QQQ", 458, 458)
        await stream.until(lambda stream: stream.rows.keys() == rows_of(445, 450, 455, 460))
        assert broker.watch.demand.greeks == rows_of(455, 460)


async def test_a_row_says_what_is_known_and_null_for_the_rest():
    async with market() as (_, served, broker), served.stream(GREEKS, expiration=DAY, rows=1) as stream:
        broker.price("QQQ", 450, 450)
        call = name("QQQ", 450, "C")
        await stream.until(lambda stream: call in stream.rows)
        assert list(stream.rows[call]) == ROW
        assert stream.rows[call]["strike"] == 450
        assert {stream.rows[call][field] for field in ROW[3:]} == {None}
        broker.greek(call, 0.5)
        await stream.until(lambda stream: stream.rows[call]["delta"] is not None)
        assert (stream.rows[call]["greeks_at"], stream.rows[call]["greeks_source"]) == (2, "venue")


async def test_clients_of_one_expiration_share_a_socket_and_each_sees_as_many_rows_as_it_asked_for():
    async with market() as (house, served, broker), served.stream(GREEKS, expiration=DAY, rows=2) as few:
        async with served.stream(GREEKS, expiration=DAY, rows=8) as many:
            broker.price("QQQ", 450, 450)
            await many.until(lambda stream: len(stream.rows) == 8)
            await few.until(lambda stream: len(stream.rows) == 2)
            assert len(house.hub.sockets[1]) == 1
            assert len(broker.watch.demand.greeks) == 8
            broker.price(name("QQQ", 440, "C"), 1, 2)  # the eighth, which only the other one sees
            broker.price(name("QQQ", 450, "C"), 1, 2)
            await few.until(lambda stream: stream.rows[name("QQQ", 450, "C")]["bid"] == 1)
            assert len(few.rows) == 2
        await aeventually(lambda: len(broker.watch.demand.greeks) == 2)


async def test_without_a_price_of_the_underlying_the_middle_of_the_list_is_shown():
    async with market() as (_, served, _broker), served.stream(GREEKS, expiration=DAY, rows=2) as stream:
        await stream.until(lambda stream: stream.rows.keys() == rows_of(450))


async def test_a_whole_chain_waits_for_its_values_and_is_read_once_for_many():
    async with market() as (house, served, broker):
        asking = [asyncio.ensure_future(served.client.get(CHAIN, params={"expiration": DAY})) for _ in range(20)]
        await aeventually(lambda: len(broker.watch.demand.greeks) == 2 * len(STRIKES))
        assert len(house.hub.sockets[1]) == 1
        broker.price("QQQ", 450.24, 450.26)
        for symbol in rows_of(*STRIKES):
            broker.price(symbol, 1, 2)
            broker.greek(symbol, 0.5)
        answers = await asyncio.gather(*asking)
        assert len({answer.text for answer in answers}) == 1
        told = answers[0].json()
        assert list(told) == ["symbol", "expiration", "underlying", "at", "source", "options"]
        assert (told["symbol"], told["expiration"], told["source"]) == ("QQQ", DAY, "test")
        assert [(row["strike"], row["type"]) for row in told["options"]] == [
            (strike, kind) for strike in STRIKES for kind in ("call", "put")
        ]
        assert {(row["bid"], row["delta"]) for row in told["options"]} == {(1, 0.5)}
        assert not house.hub.sockets


async def test_what_is_not_known_in_time_is_null():
    async with market() as (_, served, broker):
        broker.price("QQQ", 450, 450)
        told = (await served.client.get(CHAIN, params={"expiration": DAY})).json()
        assert {row["bid"] for row in told["options"]} == {None}


async def test_a_storm_of_readings_is_answered_and_leaves_room_for_other_sockets():
    async with market() as (house, served, broker):

        async def tell(wanted: Demand) -> None:
            """Give every symbol its values as soon as it is wanted."""
            while True:
                wanted = await broker.watch.change(wanted)
                assert len(house.hub.sockets.get(1, ())) <= 2
                for symbol in wanted.quotes:
                    broker.price(symbol, 1, 2)
                for symbol in wanted.greeks:
                    broker.greek(symbol, 0.5)

        paths = [f"/api/options/chain/S{letter}" for letter in "ABCDEFGHIJ"]
        asking = [asyncio.ensure_future(served.client.get(path, params={"expiration": DAY})) for path in paths * 5]
        await aeventually(lambda: len(broker.watch.demand.greeks) >= 4 * len(STRIKES))
        assert len(broker.asked) == 2
        telling = asyncio.ensure_future(tell(Demand()))
        answers = await asyncio.gather(*asking)
        assert not telling.done()
        telling.cancel()
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.text for answer in answers}) == len(paths)
        assert len(broker.asked) == len(paths)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "expiration"), ({"expiration": "18.12."}, "expiration"), ({"expiration": [DAY] * 2}, "expiration"),
        ({"expiration": DAY, "rows": "0"}, "rows"), ({"expiration": DAY, "rows": "501"}, "rows"),
        ({"expiration": DAY, "rows": "x"}, "rows"),
    ],
)  # fmt: skip
async def test_a_wrong_field_is_named(query, field):
    async with market() as (_, served, _broker):
        answer = await served.client.get(GREEKS, params=query)
        assert (answer.status_code, answer.json()["field"]) == (400, field)
        wrong = await served.client.get("/api/options/expirations/<b>")
        assert (wrong.status_code, wrong.json()["code"], wrong.json()["field"]) == (400, "unknown_symbol", "symbol")


# Laws


prices = st.floats(1, 2_000)
strikes = st.lists(st.integers(1, 4_000), min_size=1, max_size=40, unique=True).map(sorted)


def chain(halves):
    listed = tuple(Strike(decimal.Decimal(at) / 2, f"C{at}", f"P{at}" if at % 3 else None) for at in halves)
    return ShownChain("X", Listed(datetime.date(2026, 1, 1), "X", listed))


@settings(max_examples=150)
@given(strikes, prices, st.integers(1, 30))
def test_no_option_outside_a_band_is_nearer_to_its_middle_than_one_inside(halves, price, rows):
    one = chain(halves)
    one.stand(price)
    shown = one.shown(rows)
    assert len(shown) == min(rows, len(one.options))
    assert one.middle is not None
    ways = {option.symbol: abs(option.strike - one.middle) for option in one.options}
    inside, outside = {ways[symbol] for symbol in shown}, {way for symbol, way in ways.items() if symbol not in shown}
    assert not outside or max(inside) <= min(outside)


@settings(max_examples=150)
@given(strikes, st.lists(prices, min_size=1, max_size=20))
def test_the_middle_is_never_much_further_from_the_price_than_the_nearest_strike(halves, walk):
    one = chain(halves)
    for price in walk:
        one.stand(price)
        assert one.middle is not None
        nearest = min((float(strike.strike) for strike in one.listed.strikes), key=lambda strike: abs(strike - price))
        middle = float(one.middle)
        assert middle == nearest or abs(price - middle) < 0.75 * abs(nearest - middle)


@settings(max_examples=150)
@given(strikes, st.lists(prices, min_size=1, max_size=10), st.integers(1, 12))
def test_what_is_told_in_pieces_is_what_there_is(halves, walk, rows):
    """Whoever keeps the rows that are told, and drops those that end, holds the band as it stands."""
    one, held, slots = chain(halves), {}, {}
    one.rows["somebody"] = rows
    for at, price in enumerate(walk):
        slots["quote", "X"] = {"symbol": "X", "last": price}
        symbol = one.options[at % len(one.options)].symbol
        slots["greeks", symbol] = {"symbol": symbol, "delta": price}
        for key, text in one.render_changes(slots, {("quote", "X"), ("greeks", symbol)}):
            held[key] = text
            if text is None:
                del held[key]
        assert held.keys() == one.band
