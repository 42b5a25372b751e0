"""What every connection to the database is given, so that a dead one is noticed and holds nobody up."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import databases


def settings(engine: str, **options: object) -> databases.Settings:
    return databases.with_care({"ENGINE": engine, "NAME": "desk", "OPTIONS": options}, pool=8)


def test_what_a_url_says_of_postgresql_itself_counts():
    options = settings("django.db.backends.postgresql", sslmode="require", connect_timeout=30, options="-c x=1")[
        "OPTIONS"
    ]
    assert options["sslmode"] == "require"
    assert options["connect_timeout"] == 30
    assert options["options"].endswith(" -c x=1")
    assert "-c statement_timeout=15000 " in options["options"]


@pytest.mark.parametrize("engine", ["django.db.backends.postgresql", databases.SQLITE])
def test_no_connection_of_a_page_outlives_it(engine):
    assert settings(engine)["CONN_MAX_AGE"] == 0


def test_a_pool_that_does_not_fit_is_refused_with_the_number_that_does():
    databases.check_room(pool=8, processes=8, allowed=97)
    with pytest.raises(ImproperlyConfigured, match=r"DATABASE_POOL=9 lets 8 processes open 104 .* 97 .* at most 8"):
        databases.check_room(pool=9, processes=8, allowed=97)
    with pytest.raises(ImproperlyConfigured, match="Run fewer processes"):
        databases.check_room(pool=1, processes=20, allowed=97)
