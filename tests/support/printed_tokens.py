"""Makes API tokens in the desk's own environment, and prints them."""

from accounts.auth import tokens
from accounts.models import User


def add(count: int, email: str) -> None:
    """Make them for the person with that address, or where it is empty for as many new people."""
    for number in range(count):
        person = User.objects.get(email=email) if email else User.objects.create_user(f"program{number}@example.com")
        print(tokens.make(person, f"measured {number}")[0])
