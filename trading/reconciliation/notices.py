"""What is told of the comparison of book and venue, with both numbers. Pure."""

import decimal

from accounts.account_names import account_name
from streaming.facts import Entry
from streaming.links import notices
from trading.reconciliation.comparison import FoundDifference

CODES = {
    "book_differs": "The book and the venue say different things, and still did when they were compared again.",
    "book_agrees": "They say the same again.",
}

_NAMES = {"position": "", "order": "order ", "filled": "the filled part of order ", "fills": "the fills of order "}


def differs(link: str, where: str, one: FoundDifference, at: int) -> Entry:
    """Tell that book and venue differ, at `at` (ms); `where` names the venue and the link."""
    book, venue = (value if value is not None else "unknown" for value in (one.book, one.venue))
    what = f"{_NAMES[one.subject]}{one.name}"
    text = f"{account_name(one.account, where)}: {what} is {book} by the book and {venue} by the venue"
    return notices.notice(
        "book_differs", link, at, text,
        account=one.account, subject=one.subject, of=one.name, book=_value(one, one.book),
        venue=_value(one, one.venue),
    )  # fmt: skip


def agrees(link: str, where: str, one: FoundDifference, at: int) -> Entry:
    """Tell that a difference is no more."""
    text = f"{account_name(one.account, where)}: book and venue say the same again of {_NAMES[one.subject]}{one.name}"
    return notices.notice("book_agrees", link, at, text, account=one.account, subject=one.subject, of=one.name)


def _value(one: FoundDifference, text: str | None) -> str | decimal.Decimal | None:
    return decimal.Decimal(text) if text is not None and one.subject != "order" else text
