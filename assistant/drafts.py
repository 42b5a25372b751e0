"""Orders that a program proposes: each is a notice among a person's facts, and a card on their desk for a minute.

Nothing here sends one. This desk has no order ticket yet, and the card says so. All of it asks the database.
"""

import typing
from collections.abc import Mapping

from django.db import transaction

from accounts.links.store import announce
from streaming.facts import Entry, Payload
from streaming.ledger import store
from trading.display.tape import amount, instrument

CODE = "order_drafted"
CODES = {CODE: "A program proposes an order; nothing was sent."}
SHOWN_MS = 60_000
"""How long a card is shown."""
LOOKED_AT = 50
"""Newest facts among which cards are looked for."""


def draft_entry(at: int, text: str, card: Mapping[str, typing.Any]) -> Entry:
    """Return the notice that says what is proposed. `at` in ms; `card` has numbers as Decimals."""
    return Entry(kind="notice", at=at, payload={"code": CODE, "text": text, "expires": at + SHOWN_MS, **card})


def record_draft(person: int, entry: Entry) -> int:
    """Store a proposal and have the person's pages told of it. Returns the number of its fact."""
    with transaction.atomic():
        (fact,) = store.record(person, [entry])
        announce(person)
    return fact.number


def read_drafts(person: int, now: int) -> list[Payload]:
    """Return the cards that are shown at `now` (ms), the newest first."""
    found = [{**fact.item, "fact": fact.number} for fact in store.newest(person, LOOKED_AT) if fact.kind == "notice"]
    return [item for item in found if item.get("code") == CODE and item["expires"] > now]


def shown_drafts(person: int, now: int) -> list[Payload]:
    """Return the cards of a person as a page shows them at `now` (ms), with names of legs, and ages in s."""
    return [card | {"legs": [_shown_leg(leg, now) for leg in card["legs"]]} for card in read_drafts(person, now)]


def _shown_leg(leg: Payload, now: int) -> Payload:
    quantity = amount(leg["quantity"]).replace("-", "−")
    return leg | {"instrument": instrument(leg["symbol"]), "amount": quantity, "age_s": _age_s(leg, now)}


def _age_s(leg: Payload, now: int) -> int | None:
    """Return how old the quote of a leg is, in s; None where it has no time."""
    return None if leg.get("at") is None else max(0, now - leg["at"]) // 1000
