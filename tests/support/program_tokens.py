"""Makes API tokens for many programs on a desk that runs."""

from tests.support.desk import Desk, run


def make(desk: Desk, count: int, email: str = "") -> list[str]:
    """Return tokens that read: of the person with that address, or of as many new people. See printed_tokens.py."""
    code = "import django; django.setup(); from tests.support import printed_tokens; printed_tokens.add"
    return run(["-c", f"{code}({count}, {email!r})"], desk.environment).split()
