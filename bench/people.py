"""Makes people in the database of a desk: `python -m bench.people`, in the desk's environment, grants as JSON on stdin.

Each is linked to one grant of the simulated venue and signed in. Prints the Cookie header of each as a list of JSON.
"""

import sys

import django
import msgspec
from django.core.management import call_command

django.setup()

from django.conf import settings  # noqa: E402 (nothing of the desk can be imported before Django is set up)
from django.db import transaction  # noqa: E402

from accounts.auth import session_store  # noqa: E402
from accounts.links import linking  # noqa: E402
from accounts.models import User  # noqa: E402
from bench.crowd import Grant  # noqa: E402
from brokers.contract.broker import AccountIdentity, Credentials, Identity  # noqa: E402


def make(number: int, grant: Grant) -> str:
    """Make a person with a link, sign them in and return their Cookie header."""
    person = User.objects.create_user(f"person{number}@example.com")
    credentials = Credentials(client_secret=grant.client_secret, refresh_token=grant.refresh_token)
    accounts = tuple(AccountIdentity(account) for account in grant.accounts)
    identity = Identity(accounts, scopes=("read", "trade"))
    linking.link(person, "tastytrade", "simulated", "Simulated tastytrade", credentials, identity)
    return f"{settings.SESSION_COOKIE_NAME}={session_store.open_session(person).session_key}"


def main() -> None:
    """Bring the database up to date and fill it."""
    grants = msgspec.json.decode(sys.stdin.buffer.readline(), type=list[Grant])
    call_command("migrate", interactive=False, verbosity=0)
    with transaction.atomic():
        cookies = [make(number, grant) for number, grant in enumerate(grants)]
    print(msgspec.json.encode(cookies).decode(), flush=True)


if __name__ == "__main__":
    main()
