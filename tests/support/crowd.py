"""Makes a crowd on a desk that runs: people who are customers of its venue, linked, and signed in already."""

import json
import sys
import typing

import httpx
from django.test import Client

from accounts.links import linking
from accounts.models import User
from brokers.contract.broker import AccountIdentity, Credentials, Identity
from tests.support.desk import Desk, run
from tests.support.people import LABEL
from tests.support.plain_http import NO_TLS

MAKE = "import django; django.setup(); from tests.support import crowd; crowd.make()"


def make() -> None:
    """Make the people that are told on standard input; print their cookies, in the same order."""
    cookies = []
    for new in json.load(sys.stdin):
        person = User.objects.create_user(f"{new['client_secret'].lower()}@example.com")
        credentials = Credentials(client_secret=new["client_secret"], refresh_token=new["refresh_token"])
        accounts = tuple(AccountIdentity(account["number"]) for account in new["accounts"])
        linking.link(person, "tastytrade", "simulated", LABEL, credentials, Identity(accounts))
        browser = Client()
        browser.force_login(person)
        cookies.append({name: morsel.value for name, morsel in browser.cookies.items()})
    json.dump(cookies, sys.stdout)


def join(desk: Desk, customers: typing.Sequence[dict[str, typing.Any]]) -> list[dict[str, str]]:
    """Let new customers of the venue come to `desk`. Returns the cookies of each."""
    with httpx.Client(verify=NO_TLS, base_url=desk.control) as client:
        for customer in customers:
            client.post("/customer", json=customer).raise_for_status()
    told = run(["-c", MAKE], desk.environment, json.dumps(customers))
    cookies: list[dict[str, str]] = json.loads(told.splitlines()[-1])
    return cookies
