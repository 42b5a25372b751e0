"""Links the simulated sources of news on a desk whose venue runs, in the desk's own environment."""

import json
import pathlib

from django.conf import settings

from accounts.credentials import keys
from accounts.models import User
from brokers.catalogue import LOOPBACK_FILE
from brokers.contract.broker import Credentials
from news.models import NewsLink

FIELDS = {"alpaca": {"key_id": "key_id", "secret_key": "secret_key"}, "finnhub": {"api_key": "token"}, "feed": {}}


def add(email: str, kind: str, name: str, grant: int, feed: str) -> None:
    """Link a source of somebody, of the desk where `email` is empty, by a key of the simulator or to a feed of it."""
    told = json.loads((pathlib.Path(settings.RUN_DIR) / LOOPBACK_FILE).read_text())["news"]
    addresses = {one["id"]: one["address"] for one in told["feeds"]}
    with keys.locked():
        row = NewsLink(
            person=User.objects.get(email=email) if email else None, kind=kind, name=name, environment="simulated",
            address=addresses[feed] if feed else "",
        )  # fmt: skip
        row.seal(Credentials({field: told["grants"][grant][named] for field, named in FIELDS[kind].items()}))
        row.save()
