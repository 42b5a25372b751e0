"""Makes the cast in the database of a desk: its owner, alice and bob linked to customers of the venue, carol refused.

Links are stored without asking a venue: none runs while this does, and the desks that start from this database run
one that hands out the same grants.
"""

from django.core.management import call_command

from accounts.links import linking
from accounts.models import User
from brokers.contract.broker import AccountIdentity, Credentials, Identity
from simulator.exchange.accounts import Customer
from simulator.server import DEFAULT_SEED, TOKEN_LIFETIME_S
from simulator.tastytrade.venue import open_venue
from tests.support.people import ALICE, BOB, CAROL, LABEL, OLGA, PASSWORD

REFUSED = Credentials(client_secret="a secret the venue never made", refresh_token="a token the venue never made")


def make() -> None:
    """Bring the database up to date and put the cast into it; collect what pages load."""
    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    User.objects.create_superuser(OLGA, PASSWORD)
    alice, bob, *_ = open_venue(DEFAULT_SEED, TOKEN_LIFETIME_S).grants
    for email, grant in ((ALICE, alice), (BOB, bob)):
        given = Credentials(client_secret=grant.application.secret, refresh_token=grant.refresh_token)
        link(email, given, grant.customer)
    link(CAROL, REFUSED, alice.customer)


def link(email: str, credentials: Credentials, customer: Customer) -> None:
    """Make a person and their one link, to the accounts of `customer`."""
    person = User.objects.create_user(email, PASSWORD)
    accounts = tuple(AccountIdentity(account.number) for account in customer.accounts)
    linking.link(person, "tastytrade", "simulated", LABEL, credentials, Identity(accounts, scopes=("read", "trade")))
