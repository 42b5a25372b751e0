"""The links of a desk, each asked at its venue: does it answer, does it know the credentials, what may be seen?"""

import asyncio
import pathlib
import typing
from collections.abc import Sequence

from asgiref.sync import sync_to_async
from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from accounts.links import linking, store
from accounts.links.linking import LinkRefusedError
from accounts.models import BrokerLink
from brokers.adapter.reachability import Reached, reach
from brokers.catalogue import endpoints
from brokers.contract.broker import Credentials, Identity
from brokers.contract.errors import CredentialsRejected, LinkLost
from config.doctor.checks import CLOCK_S, Finding, Level, clock

AT_ONCE = 4
"""Links that are asked at the same time, at most: a venue counts how fast an address asks."""

Place = tuple[str, str]
"""A venue and an environment."""


class Opened(typing.NamedTuple):
    """A link with its credentials, or with why it has none."""

    link: BrokerLink
    credentials: Credentials | None
    reason: str


@sensitive_variables()
def opened(links: Sequence[BrokerLink]) -> list[Opened]:
    """Open what is stored of each link."""
    found = []
    for link in links:
        try:
            found.append(Opened(link, store.open_credentials(link.pk), ""))
        except CredentialsRejected as error:
            found.append(Opened(link, None, error.reason))
    return found


@sensitive_variables()
async def examined(found: Sequence[Opened], *, refused: bool) -> list[Finding]:
    """Ask the venues about `found`; about links that were refused before only if `refused`."""
    places = {(one.link.venue, one.link.environment) for one in found if one.link.catalogued is not None}
    reached = dict(zip(places, await asyncio.gather(*(_reach(place) for place in places)), strict=True))
    turn = asyncio.Semaphore(AT_ONCE)

    async def examine(one: Opened) -> Finding:
        async with turn:
            return await _examine(one, reached.get((one.link.venue, one.link.environment)), refused=refused)

    return [
        *(_place(place, answer) for place, answer in sorted(reached.items(), key=lambda item: item[0])),
        *await asyncio.gather(*map(examine, found)),
    ]


async def _reach(place: Place) -> Reached | LinkLost:
    try:
        return await reach(endpoints(*place, pathlib.Path(settings.RUN_DIR)).rest)
    except LinkLost as error:
        return error


def _place(place: Place, answer: Reached | LinkLost) -> Finding:
    """Say how a venue is reached, and what time it is there."""
    what = f"venue {place[0]} ({place[1]})"
    if isinstance(answer, LinkLost):
        return Finding(what, "problem", answer.reason)
    figures = {"answer_ms": round(answer.took_ms, 1), "clock_ahead_s": _tenths(answer.ahead_s)}
    says = f"answers in {answer.took_ms:.0f} ms"
    if answer.ahead_s is None:
        return Finding(what, "ok", f"{says}; it does not tell its time", figures)
    level: Level = "warning" if abs(answer.ahead_s) > CLOCK_S else "ok"
    return Finding(what, level, f"{says}; {clock(answer.ahead_s)}", figures)


def _tenths(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


@sensitive_variables()
async def _examine(one: Opened, reached: Reached | LinkLost | None, *, refused: bool) -> Finding:
    """Ask the venue who these credentials are, unless that is known to be in vain."""
    link = one.link
    what = f"link {link.label} of user {link.person_id} ({link.venue}, {link.environment})"
    if one.credentials is None:
        return Finding(what, "problem", f"re-link needed: {one.reason}")
    if link.state == "refused" and not refused:
        return Finding(what, "problem", f"re-link needed: {link.reason} (not asked again without --refused)")
    if not isinstance(reached, Reached):
        return Finding(what, "problem", "not asked: its venue does not answer")
    try:
        identity = await linking.verify(link.venue, link.environment, one.credentials)
        if identity.renewed is not None:
            await sync_to_async(linking.keep_renewed)(link, one.credentials, identity.renewed)
    except LinkRefusedError as error:
        return Finding(what, "problem", str(error))
    return known(what, link, identity)


def known(what: str, link: BrokerLink, identity: Identity) -> Finding:
    """Say what a venue lets a link do."""
    accounts = sum(not account.closed for account in identity.accounts)
    scopes = None if identity.scopes is None else " ".join(identity.scopes)
    quotes = {True: "delayed quotes", False: "real-time quotes", None: "quotes: the venue does not tell"}
    entitled = quotes[identity.delayed] if link.feeds else "accounts only"
    late = link.feeds and link.environment == "live" and identity.delayed is not False
    says = f"the token is good, {accounts} accounts, {scopes or 'scopes: the venue does not tell'}, {entitled}"
    figures = {"accounts": accounts, "scopes": scopes, "delayed": identity.delayed, "feeds": link.feeds}
    return Finding(what, "warning" if late else "ok", says, figures)
