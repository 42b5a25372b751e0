"""Makes tokens for people of a desk: `python -m bench.programs COUNT`, in the desk's environment, after `bench.people`.

Prints an API token of each of the first people as a list of JSON.
"""

import sys

import django
import msgspec

django.setup()

from accounts.auth import tokens  # noqa: E402 (nothing of the desk can be imported before Django is set up)
from accounts.models import User  # noqa: E402


def main() -> None:
    """Make the tokens."""
    people = User.objects.filter(email__startswith="person").order_by("pk")[: int(sys.argv[1])]
    print(msgspec.json.encode([tokens.make(person, "bench")[0] for person in people]).decode(), flush=True)


if __name__ == "__main__":
    main()
