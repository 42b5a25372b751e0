"""What customers granted, and what their secrets look like."""

from simulator.tastytrade.oauth.grants import SimTastytradeGrant
from simulator.tastytrade.venue import open_venue


def demo(seed: int = 7) -> list[SimTastytradeGrant]:
    return list(open_venue(seed, 900.0).grants)


def secrets_of(grants: list[SimTastytradeGrant]) -> list[str]:
    return [secret for grant in grants for secret in (grant.application.secret, grant.refresh_token)]


def test_grants_are_distinct_and_only_the_seed_decides_them():
    secrets = secrets_of(demo())
    assert secrets == secrets_of(demo())
    assert len(set(secrets)) == len(secrets) == 6
    assert not set(secrets) & set(secrets_of(demo(8)))


def test_nothing_shows_a_secret():
    for grant in demo():
        shown = repr([grant, grant.application, grant.customer])
        assert not [secret for secret in secrets_of([grant]) if secret in shown]
