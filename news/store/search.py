"""Full-text search of headlines and summaries: SQLite's FTS5, PostgreSQL's tsvector, indexed by migrations.

Every word must be there; the last one may be the beginning of a word.
"""

import re
import typing

from django.db import connection
from django.db.models.expressions import RawSQL

MOST_WORDS = 12
_WORD = re.compile(r"[^\W_]+", re.UNICODE)


def words(text: str) -> list[str]:
    """Return the words of a search, in lower case, at most MOST_WORDS."""
    return [word.lower() for word in _WORD.findall(text)][:MOST_WORDS]


def matching(query: typing.Any, text: str) -> typing.Any:
    """Return those of `query`, items, that have all words of `text`; none where it has no word."""
    found = words(text)
    if not found:
        return query.none()
    if connection.vendor == "sqlite":
        wanted = " ".join(f'"{word}"' for word in found) + "*"
        rows = RawSQL("SELECT rowid FROM news_search WHERE news_search MATCH %s", (wanted,))
    else:
        wanted = " & ".join(found) + ":*"
        rows = RawSQL(
            "SELECT id FROM news_newsitem WHERE to_tsvector('simple', headline || ' ' || coalesce(summary, ''))"
            " @@ to_tsquery('simple', %s)",
            (wanted,),
        )
    return query.filter(pk__in=rows)
