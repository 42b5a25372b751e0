"""What happened to orders and accounts, in words, as a page is rendered. Pure; as static/js/portfolio/tape-text.js."""

import decimal
import typing
from collections.abc import Iterable, Mapping

from brokers.instruments.symbols import parse_option
from streaming.board.board import Item
from streaming.formatting import lasting
from streaming.templatetags.figures import money, price

KINDS = ("order", "fill", "activity")
WORDS = {
    "pending": "Pending", "working": "Working", "partially_filled": "Part filled", "filled": "Filled",
    "canceled": "Canceled", "replaced": "Replaced", "rejected": "Rejected", "expired": "Expired",
    "unknown": "Unknown", "fill": "Fill", "bust": "Bust", "correction": "Corrected",
}  # fmt: skip
TONES = {"fill": "go", "filled": "go", "partially_filled": "go", "working": "accent", "pending": "accent",
         "rejected": "stop", "bust": "stop", "correction": "amber"}  # fmt: skip
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class TapeLine(typing.NamedTuple):
    """One line of the tape. `late` says that it was found late, and by how much; `tone` is for the style sheet.

    `order` names the order that it is a word on, and `filled` is how much of its legs is filled by that.
    """

    fact: int
    at: int
    word: str
    tone: str
    text: str
    late: str
    order: str = ""
    filled: str = ""


def lines(items: Iterable[Item]) -> list[TapeLine]:
    """Write facts, the newest first. A word on an order that reads like the one before it is no new line.

    Venues tell more of an order's way than people are told: to be received and to be routed are both pending.
    """
    news: list[TapeLine] = []
    says: dict[str, tuple[str, str, str]] = {}
    for line in reversed([tape_line(item) for item in items]):
        said = line.word, line.text, line.filled
        if not line.order or says.get(line.order) != said:
            news.append(line)
        if line.order:
            says[line.order] = said
    return news[::-1]


def tape_line(item: Item) -> TapeLine:
    """Write one fact, as frames carry it."""
    kind = item["type"]
    code = item.get("status") if kind == "order" else item.get("kind")
    word = WORDS.get(str(code)) or str(code or kind).replace("_", " ").capitalize()
    text = {"order": _order, "fill": _fill, "activity": _activity}[kind](item)
    line = TapeLine(item["fact"], item["at"], word, TONES.get(str(code), ""), text, _late(item))
    return line._replace(order=f"{item.get('link')} {item['order']}", filled=_filled(item)) if kind == "order" else line


def _late(item: Item) -> str:
    if not item.get("recovered"):
        return ""
    late = item.get("late_s")
    return "recovered" if late is None else f"recovered, {lasting(int(late))} late"


def _fill(item: Item) -> str:
    quantity = decimal.Decimal(item["quantity"])
    done = "Sold" if quantity < 0 else "Bought"
    what = f"{amount(abs(quantity))} {instrument(item['symbol'])} @ {price(item['price'])}"
    if item.get("kind") == "bust":
        return f"Taken back: {done.lower()} {what}"
    return f"Was instead: {done.lower()} {what}" if item.get("kind") == "correction" else f"{done} {what}"


def _order(item: Item) -> str:
    legs = ", ".join(_leg(leg) for leg in item.get("legs", ()))
    text = legs[:1].upper() + legs[1:] or f"Order {item['order']}"
    if item.get("price") is not None:
        text += f" @ {price(item['price'])}"
    elif item.get("kind"):
        text += f" {str(item['kind']).replace('_', ' ')}"
    return f"{text}: {item['reason']}" if item.get("reason") else text


def _filled(item: Item) -> str:
    return " ".join("" if leg.get("filled") is None else amount(leg["filled"]) for leg in item.get("legs", ()))


def _leg(leg: Mapping[str, typing.Any]) -> str:
    quantity = leg.get("quantity")
    size = "" if quantity is None else f"{amount(quantity)} "
    return f"{leg['side']} {size}{instrument(leg['symbol'])}"


def _activity(item: Item) -> str:
    text = str(item.get("text") or item.get("venue_kind") or "")
    symbol = item.get("symbol")
    if symbol and symbol not in text:
        text = f"{instrument(symbol)} {text}"
    return text if item.get("amount") is None else f"{text}: {money(item['amount'])}"


def amount(quantity: typing.Any) -> str:
    """Write a quantity with the decimals it has."""
    return f"{decimal.Decimal(quantity).normalize():,f}"


def instrument(symbol: str) -> str:
    """Write a symbol for people: an option as what it is on, its day, strike and right."""
    option = parse_option(symbol)
    if option is None:
        return symbol
    day = f"{option.expiry.day} {MONTHS[option.expiry.month - 1]} {option.expiry.year}"
    return f"{option.root} {day} {amount(option.strike)} {option.right}"
