"""A message of news says the headline; one of values says each with its age."""

from alerts.delivery.text import body

AT = 1_795_021_200_000
VALUE = {"field": "QQQ.last", "value": 450.5, "age_ms": 300}


def test_a_firing_of_news_says_the_headline_and_one_of_a_price_its_value():
    price = body({"values": [VALUE], "note": "Trim"}, AT, AT, None)
    assert price.splitlines() == ["QQQ.last 450.5, 0.3 s old", "at Wed 18 Nov 12:00:00 ET", "Trim"]
    news = body({"values": [{"field": "news"}], "detail": {"headline": "Nvidia raises its outlook"}}, AT, AT, None)
    assert news.splitlines() == ["Nvidia raises its outlook", "at Wed 18 Nov 12:00:00 ET"]
