"""The full-text index of headlines and summaries: FTS5 kept by triggers on SQLite, a GIN index on PostgreSQL."""

import typing

from django.db import migrations

SQLITE = [
    "CREATE VIRTUAL TABLE news_search USING fts5(headline, summary, content='news_newsitem', content_rowid='id')",
    """CREATE TRIGGER news_search_added AFTER INSERT ON news_newsitem BEGIN
       INSERT INTO news_search(rowid, headline, summary) VALUES (new.id, new.headline, new.summary); END""",
    """CREATE TRIGGER news_search_removed AFTER DELETE ON news_newsitem BEGIN
       INSERT INTO news_search(news_search, rowid, headline, summary)
       VALUES ('delete', old.id, old.headline, old.summary); END""",
    """CREATE TRIGGER news_search_changed AFTER UPDATE OF headline, summary ON news_newsitem BEGIN
       INSERT INTO news_search(news_search, rowid, headline, summary)
       VALUES ('delete', old.id, old.headline, old.summary);
       INSERT INTO news_search(rowid, headline, summary) VALUES (new.id, new.headline, new.summary); END""",
]
POSTGRESQL = [
    "CREATE INDEX news_search ON news_newsitem USING gin"
    " (to_tsvector('simple', headline || ' ' || coalesce(summary, '')))",
]


def make(apps: typing.Any, schema_editor: typing.Any) -> None:
    """Make the index."""
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(statement)


def drop(apps: typing.Any, schema_editor: typing.Any) -> None:
    """Drop it."""
    if schema_editor.connection.vendor == "sqlite":
        for name in ("added", "removed", "changed"):
            schema_editor.execute(f"DROP TRIGGER news_search_{name}")
        schema_editor.execute("DROP TABLE news_search")
    else:
        schema_editor.execute("DROP INDEX news_search")


class Migration(migrations.Migration):
    dependencies = [("news", "0001_initial")]

    operations = [migrations.RunPython(make, drop)]
