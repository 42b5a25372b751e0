"""Refuses passwords that whoever knows the desk and its people would try: its name, host and brokers, an address."""

import re
import urllib.parse

from django.conf import settings
from django.core.exceptions import ValidationError

from accounts.models import User
from brokers.catalogue import VENUES

SHORTEST = 4
"""Letters a word has at least to be looked for."""
REST = 6
"""Letters a password must have beside the words that are known."""
OWN = ("tapedeck", "trading", "trader", "password", "welcome", "letmein", "qwerty")
_ALIKE = str.maketrans({"0": "o", "1": "i", "!": "i", "3": "e", "4": "a", "@": "a", "5": "s", "$": "s", "7": "t"})


def plain(text: str) -> str:
    """Return the letters of `text`, small, with what stands for a letter read as one."""
    return re.sub(r"[^a-z]", "", text.casefold().translate(_ALIKE))


def words(person: User | None) -> set[str]:
    """Return what is known of the desk and of `person`, as `plain` writes it."""
    hosts = [urllib.parse.urlsplit(settings.SITE_URL).hostname or "", *settings.ALLOWED_HOSTS]
    named = [*OWN, *hosts, *(venue.title for venue in VENUES.values())]
    if person is not None:
        named += [person.email, person.first_name, person.last_name]
    parts = {plain(part) for name in named for part in re.split(r"[^\w]+", name)} | {plain(name) for name in named}
    return {part for part in parts if len(part) >= SHORTEST}


class ContextWordsValidator:
    """A password is more than such words with digits and signs round them."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Look at a password. Raises ValidationError."""
        rest = plain(password)
        for word in sorted(words(user), key=len, reverse=True):
            rest = rest.replace(word, "")
        if rest != plain(password) and len(rest) < REST:
            raise ValidationError(
                "This password is little more than a name that belongs to this desk or to you.", code="context_words"
            )

    def get_help_text(self) -> str:
        """Say what is asked of a password."""
        return "Your password can't be little more than the name of this desk, of its brokers or of yourself."
