"""Which requests count together at Tradier, and what it says of them."""

from brokers.adapter.rate_limits import RateLimitHeaders
from brokers.tradier.rate_limits import group_of, rate_limit_headers


def test_each_group_of_endpoints_has_its_bucket():
    assert group_of("GET", "/v1/markets/quotes") == group_of("POST", "/v1/markets/events/session") == "market"
    assert group_of("GET", "/v1/accounts/6YA/orders") == group_of("GET", "/v1/user/profile") == "standard"
    assert group_of("POST", "/v1/accounts/6YA/orders") == group_of("DELETE", "/v1/accounts/6YA/orders/1") == "trading"
    assert group_of("POST", "/v1/accounts/events/session") == "standard"


def test_headers_that_are_missing_or_senseless_tell_nothing():
    whole = {"x-ratelimit-allowed": "120", "x-ratelimit-used": "1", "x-ratelimit-expiry": "1369168800001"}
    assert rate_limit_headers(whole) == RateLimitHeaders(120, 1, 1369168800001)
    assert rate_limit_headers(whole | {"x-ratelimit-used": "many"}) is None
    assert rate_limit_headers({}) is None
