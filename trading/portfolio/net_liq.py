"""Keeps what accounts were worth: all samples of the last weeks, and of before the last of each day. Synchronous."""

import decimal
import typing
from collections.abc import Sequence

from trading.models import NetLiq

FINE_MS = 35 * 86_400_000
"""How long every sample is kept."""
DAY_MS = 86_400_000


class NetLiqSample(typing.NamedTuple):
    """What one account is worth, by our marks and by the venue. None is not known."""

    link: str
    account: str
    net_liq: decimal.Decimal | None
    balance: decimal.Decimal | None


def store(person: int, at: int, samples: Sequence[NetLiqSample]) -> None:
    """Write `samples` down, all of the moment `at` (ms). With the first of a day, those that are old are thinned."""
    begins = not NetLiq.objects.filter(person=person, at__gte=at - at % DAY_MS).exists()
    NetLiq.objects.bulk_create(
        [NetLiq(person_id=person, at=at, **one._asdict()) for one in samples], ignore_conflicts=True
    )
    if begins:
        _thin(person, at - FINE_MS)


def _thin(person: int, before: int) -> None:
    """Leave of each day, account by account, the last sample of what is older than `before`."""
    rows = NetLiq.objects.filter(person=person, at__lt=before - before % DAY_MS).order_by("at")
    last: dict[tuple[str, str, int], int] = {}
    old: list[int] = []
    for id_, link, account, at in rows.values_list("pk", "link", "account", "at"):
        key = (link, account, at // DAY_MS)
        if key in last:
            old.append(last[key])
        last[key] = id_
    for begin in range(0, len(old), 500):
        NetLiq.objects.filter(pk__in=old[begin : begin + 500]).delete()
