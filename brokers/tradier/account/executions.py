"""Orders as the venue writes them, as ours; and the fills it does not write. Pure.

The venue tells of each leg of an order how much of it was executed so far and at what price on average: no executions,
and no ids of them. So a fill here is what was added since the last look, and its id is made of order, leg and the
quantity until then: a look that comes twice, or late, adds nothing. Each fill has a cursor: whoever begins anew knows
how the legs were cut so far, and a statement tells the same fills, however the looks before it fell.
"""

import decimal
from collections.abc import Iterable, Mapping

import msgspec

from brokers.contract.reports import ENDED, FillReport, Found, Leg, OrderReport, Side, Status, order_id
from brokers.instruments.decimals import money
from brokers.instruments.symbols import normalise, parse_option
from brokers.tradier.decoding import Raw, as_list, utc

Decimal = decimal.Decimal
Key = tuple[str, str]
"""An order and one of its legs."""

STATUSES: dict[str, Status] = {
    "pending": "pending",
    "held": "pending",
    "calculated": "pending",
    "accepted_for_bidding": "pending",
    "pending_cancel": "pending",
    "open": "working",
    "partially_filled": "partially_filled",
    "filled": "filled",
    "canceled": "canceled",
    "expired": "expired",
    "rejected": "rejected",
    "error": "rejected",
}
"""The venue's statuses as ours (docs.tradier.com, Account Events)."""
CUTS = 256
"""Of one leg so many fills are known, the newest; what was before them is known as one."""
GONE = 20
"""Cursors of old orders that one fill takes along, at most."""
_ADVANCED = ("oco", "oto", "otoco")
_PREFIX = "fill "
_SMALLEST = Decimal("0.00000001")
_ROUNDED = Decimal("0.000001")
"""Averages are told to so much."""
_EFFECTS = {"sell_short": "open", "buy_to_cover": "close", "buy": "open", "sell": "close"}


class Cut(msgspec.Struct, frozen=True):
    """One fill of a leg: `until` is how much of it was executed then, at `average`; the fill is `quantity` of that."""

    until: Decimal
    average: Decimal
    quantity: Decimal
    price: Decimal
    at: int

    @property
    def until_text(self) -> str:
        """What tells it from the other fills of its leg."""
        return f"{self.until.normalize():f}"

    @property
    def before(self) -> Decimal:
        """How much of the leg was executed before."""
        return self.until - self.quantity

    @property
    def paid_before(self) -> Decimal:
        """What was paid for that, by the share."""
        return self.until * self.average - self.quantity * self.price

    def __str__(self) -> str:
        return f"{self.average:f}:{self.quantity:f}:{self.price:f}:{self.at}"


def _read_cut(until: str, text: str) -> Cut:
    average, quantity, price, at = text.split(":")
    return Cut(Decimal(until), Decimal(average), Decimal(quantity), Decimal(price), int(at))


def whole(cuts: Iterable[Cut]) -> list[Cut]:
    """Return the fills of a leg in order; what is missing between them, or before them, as one of what it must be."""
    found: list[Cut] = []
    for cut in sorted(cuts, key=lambda cut: cut.until):
        last = found[-1] if found else None
        done, paid = (last.until, last.until * last.average) if last else (Decimal(0), Decimal(0))
        if (missing := cut.before - done) > 0:
            price = ((cut.paid_before - paid) / missing).quantize(_SMALLEST)
            found.append(Cut(cut.before, cut.paid_before / cut.before, missing, price, cut.at))
        found.append(cut)
    return found


def parts(raw: Raw) -> list[Raw]:
    """Return the orders of one that is made of several (OCO, OTO, OTOCO); any other is its own only one."""
    legs = _rows(raw)
    return legs if legs and raw.get("class") in _ADVANCED else [raw]


class Executions:
    """Every leg of the orders of one link, and how it was cut into fills."""

    def __init__(self, link: str) -> None:
        self.link = link
        self._cuts: dict[Key, list[Cut]] = {}
        self._told_until: dict[Key, Decimal] = {}
        self._words: dict[str, str] = {}
        self._gone: dict[str, str] = {}

    def restore(self, cursors: Mapping[str, str]) -> None:
        """Know what was told before, by its cursors, beside what is known here already."""
        for name, value in cursors.items():
            if name.startswith(_PREFIX) and value:
                order, leg, until = name.removeprefix(_PREFIX).split(" ")
                cut = _read_cut(until, value)
                key, known = (order, leg), {each.until: each for each in self._cuts.get((order, leg), ())}
                self._cuts[key] = [*(known | {cut.until: cut}).values()]
                self._told_until[key] = max(cut.until, self._told_until.get(key, Decimal(0)))
        self._cuts = {key: whole(cuts) for key, cuts in self._cuts.items()}

    def news(self, raw: Raw, account: str) -> list[OrderReport | FillReport]:
        """Return what one look at an order adds to what was told: its fills, then how it stands.

        Nothing of one whose fills have no price yet: look again. Raises ValueError.
        """
        told = self.learn(raw, account)
        first = next((place for place, each in enumerate(told) if isinstance(each, FillReport)), None)
        if first is not None:
            gone = {name: self._gone.pop(name) for name in [*self._gone][:GONE]}
            told[first] = msgspec.structs.replace(told[first], cursors=gone | told[first].cursors)
        return told

    def learn(self, raw: Raw, account: str) -> list[OrderReport | FillReport]:
        """The same, where what it returns is not to be told: statements find it."""
        told: list[OrderReport | FillReport] = []
        for order in filter(_is_priced, parts(raw)):
            for key, leg in _legs(order):
                until = self._told_until.get(key, Decimal(0))
                told += [
                    self._fill(cut, key, leg, account, "stream") for cut in self._cut(key, leg) if cut.until > until
                ]
                if (done := money(leg.get("exec_quantity"))) is not None and done > until:
                    self._told_until[key] = done
            word = self._word(order, account, "stream")
            if self._words.get(word.order) != word.id:
                self._words[word.order] = word.id
                told.append(word)
        return told

    def state(self, raw: Raw, account: str, since: int) -> list[OrderReport | FillReport]:
        """Return what one look at an order says of the time from `since` (ms) on; orders that work are told anyway.

        Nothing of one whose fills have no price yet. Raises ValueError.
        """
        told: list[OrderReport | FillReport] = []
        for order in filter(_is_priced, parts(raw)):
            for key, leg in _legs(order):
                told += [self._fill(cut, key, leg, account, "read") for cut in self._cut(key, leg) if cut.at >= since]
            word = self._word(order, account, "read")
            if word.at >= since or word.status not in ENDED:
                told.append(word)
        return told

    def retire(self, shown: Iterable[Raw], before: int) -> None:
        """Forget what was filled before then (ms), of orders that are not among all that the venue still shows.

        The next fills take the cursors along.
        """
        numbers = {_number(order) for raw in shown for order in parts(raw)}
        old = [key for key, cuts in self._cuts.items() if key[0] not in numbers and cuts[-1].at < before]
        for key in old:
            self._gone |= {_name(key, cut): "" for cut in self._cuts.pop(key)}
            self._told_until.pop(key, None)
        self._words = {order: id for order, id in self._words.items() if order in numbers}

    def _cut(self, key: Key, leg: Raw) -> list[Cut]:
        """Cut what was added to a leg. Returns its fills, oldest first."""
        cuts = self._cuts.get(key, [])
        new = _next_cut(cuts[-1] if cuts else None, leg, _at(leg))
        if new is not None:
            self._gone |= {_name(key, cut): "" for cut in cuts[: 1 - CUTS]}
            cuts = self._cuts[key] = [*cuts[1 - CUTS :], new]
        return cuts

    def _fill(self, cut: Cut, key: Key, leg: Raw, account: str, found: Found) -> FillReport:
        symbol, underlying = _symbol(leg), leg.get("symbol")
        option = parse_option(symbol)
        return FillReport(
            link=self.link,
            account=account,
            id=f"{key[0]}:{key[1]}:{cut.until_text}",
            at=cut.at,
            found=found,
            cursors={_name(key, cut): str(cut)},
            order=key[0],
            symbol=symbol,
            quantity=cut.quantity if _side(leg) == "buy" else -cut.quantity,
            price=cut.price,
            underlying=normalise(underlying) if isinstance(underlying, str) else None,
            instrument="Equity Option" if option else "Equity",
            multiplier=Decimal(100 if option else 1),
        )

    def _word(self, raw: Raw, account: str, found: Found) -> OrderReport:
        order, version = _number(raw), _at(raw)
        filled = money(raw.get("exec_quantity"))
        status = STATUSES.get(str(raw.get("status")), "unknown")
        if status == "working" and filled:
            status = "partially_filled"
        kind, price = _text(raw, "type"), money(raw.get("price"))
        return OrderReport(
            link=self.link,
            account=account,
            id=order_id(order, version, status, filled),
            at=version,
            found=found,
            order=order,
            version=version,
            status=status,
            venue_status=_text(raw, "status") or "",
            kind=kind,
            time_in_force=_text(raw, "duration"),
            price=-price if price is not None and kind == "credit" else price,
            stop_price=money(raw.get("stop_price")),
            legs=tuple(_leg(leg) for _, leg in _legs(raw)),
            client=_text(raw, "tag"),
            reason=_text(raw, "reason_description"),
            submitted_at=utc(raw.get("create_date")),
        )


def _name(key: Key, cut: Cut) -> str:
    return f"{_PREFIX}{key[0]} {key[1]} {cut.until_text}"


def _number(raw: Raw) -> str:
    number = raw.get("id")
    if not isinstance(number, int | str) or isinstance(number, bool):
        raise ValueError("an order, or a leg of one, without an id")
    return str(number)


def _at(raw: Raw) -> int:
    at = utc(raw.get("transaction_date")) or utc(raw.get("create_date"))
    if at is None:
        raise ValueError("an order without a time")
    return at


def _rows(raw: Raw) -> list[Raw]:
    return [leg for leg in as_list(raw.get("leg")) if isinstance(leg, dict)]


def _legs(raw: Raw) -> list[tuple[Key, Raw]]:
    """Return the legs of an order by name: their ids where there are several, `0` for the order itself."""
    order, legs = _number(raw), _rows(raw)
    return [((order, _number(leg)), leg) for leg in legs] if legs else [((order, "0"), raw)]


def is_priced(raw: Raw) -> bool:
    """Whether one look at an order tells at what prices it was executed: the quantities may come before that."""
    return all(map(_is_priced, parts(raw)))


def _is_priced(order: Raw) -> bool:
    filled = [leg for leg in _rows(order) or [order] if money(leg.get("exec_quantity"))]
    if not filled:
        return order.get("status") != "filled"
    return all(money(leg.get("avg_fill_price")) for leg in filled)


def _next_cut(last: Cut | None, leg: Raw, at: int) -> Cut | None:
    """Return what was executed of a leg since `last`. What is older than that adds nothing."""
    until, average = money(leg.get("exec_quantity")), money(leg.get("avg_fill_price"))
    before = last.until if last else Decimal(0)
    if until is None or average is None or until <= before:
        return None
    quantity, paid = until - before, last.average * before if last else Decimal(0)
    price = ((until * average - paid) / quantity).quantize(_SMALLEST)
    newest, size = money(leg.get("last_fill_price")), money(leg.get("last_fill_quantity"))
    if newest is not None and size == quantity and abs(newest - price) <= _ROUNDED * (until + before) / quantity:
        price = newest
    return Cut(until, average, quantity, price, at)


def _leg(leg: Raw) -> Leg:
    side, filled = str(leg.get("side")), money(leg.get("exec_quantity"))
    effect = _EFFECTS.get(side) or side.rpartition("_to_")[2]
    return Leg(
        symbol=_symbol(leg),
        side=_side(leg),
        quantity=money(leg.get("quantity")),
        filled=filled,
        effect="open" if effect == "open" else "close" if effect == "close" else None,
        average_price=money(leg.get("avg_fill_price")) if filled else None,
    )


def _side(leg: Raw) -> Side:
    side = leg.get("side")
    if not isinstance(side, str) or not side.startswith(("buy", "sell")):
        raise ValueError("a leg without a side")
    return "buy" if side.startswith("buy") else "sell"


def _symbol(leg: Raw) -> str:
    name = leg.get("option_symbol") or leg.get("symbol")
    if not isinstance(name, str) or not name:
        raise ValueError("a leg without a symbol")
    return normalise(name)


def _text(raw: Raw, key: str) -> str | None:
    value = raw.get(key)
    return value if isinstance(value, str) and value else None
