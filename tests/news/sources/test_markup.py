"""What a source sends as markup is text here, and what it links to can be opened without harm."""

import pytest

from news.sources.markup import plain_text, safe_url


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("Apple &amp; Oranges rise 3&nbsp;%", "Apple & Oranges rise 3 %"),
        ("<p>One</p><p>two</p>", "One two"),
        ("a<script>alert(1)</script>b", "a b"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;Up", "Up"),
        ("&amp;lt;img src=x onerror=alert(1)&amp;gt;Up", "Up"),
        ("<img src=x onerror=alert(1)>Up", "Up"),
        ("AT&T and S&P 500 fall < 2", "AT&T and S&P 500 fall < 2"),
        ("one\u202etwo\u0000\u200b three\n\tfour", "onetwo three four"),
        ("<style>x{}</style><b>Bold</b>", "Bold"),
        (None, ""),
    ],
)
def test_markup_is_text(markup, text):
    assert plain_text(markup, 100) == text


def test_a_long_text_is_cut_with_a_sign():
    assert plain_text("word " * 50, 20) == "word word word word…"


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "data:text/html,x", "http://", "//host/x", "ftp://host/x", "https://a:b@host/",
     "http://a b", "https://host/\nx", "", None, "https://[::1", "https://host/" + "x" * 2000],
)  # fmt: skip
def test_what_is_no_address_of_a_page_is_none(address):
    assert safe_url(address) is None


def test_an_address_of_a_page_is_kept():
    assert safe_url(" https://host.example/a?b=c ") == "https://host.example/a?b=c"
