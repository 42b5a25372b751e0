"""Links the simulated sources of news on a desk that runs."""

from tests.support.desk import Desk, run


def link(desk: Desk, email: str, kind: str, name: str, *, grant: int = 0, feed: str = "") -> None:
    """Have a source linked, the desk's where `email` is empty; it is asked within seconds. See news_links.py."""
    code = "import django; django.setup(); from tests.support import news_links; news_links.add"
    run(["-c", f"{code}({email!r}, {kind!r}, {name!r}, {grant!r}, {feed!r})"], desk.environment)
