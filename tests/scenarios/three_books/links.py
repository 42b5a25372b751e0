"""Links alice to all simulated venues in a desk's database, without asking one: the seed makes the same secrets."""

from accounts.links import linking
from accounts.models import User
from brokers.contract.broker import AccountIdentity, Credentials, Identity
from lib.clock import now_ms
from simulator.alpaca.customers import demo_keys
from simulator.market.market import SimMarket
from simulator.server import DEFAULT_SEED
from simulator.tradier.customers import demo_grants
from tests.support import cast
from tests.support.people import ALICE


def make() -> None:
    """Make the cast, and link alice everywhere."""
    cast.make()
    add()


def add() -> None:
    """Link alice, who has her first link, to the other venues too."""
    alice = User.objects.get(email=ALICE)
    market = SimMarket(DEFAULT_SEED, now_ms())
    grant, key = demo_grants(DEFAULT_SEED, market)[0], demo_keys(DEFAULT_SEED, market)[0]
    tokens = Credentials(data_token=grant.data.text, trading_token=grant.trading.text)
    keys = Credentials(key_id=key.id, secret_key=key.secret)
    for venue, given, person in (("tradier", tokens, grant.person), ("alpaca", keys, key.person)):
        identity = Identity(tuple(AccountIdentity(account.number) for account in person.accounts))
        linking.link(alice, venue, "simulated", f"Simulated {venue}", given, identity)
