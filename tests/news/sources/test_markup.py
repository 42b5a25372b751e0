"""Texts hold no markup, and addresses lead to the web."""

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from news.sources.markup import safe_url, to_text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("Plain headline", "Plain headline"),
        ("AT&amp;T &ndash; up 5&nbsp;%", "AT&T – up 5 %"),
        ("<p>One</p><p>two<br/>three</p>", "One two three"),
        ("a<b>b</b>c", "abc"),
        ("P/E < 5 and > 3", "P/E < 5 and > 3"),
        ("1 < 2 & 3", "1 < 2 & 3"),
        ("x <script>alert(1)</script> y", "x y"),
        ("x <style>p{}</style>y<!-- c -->z", "x yz"),
        ("&lt;b&gt;bold&lt;/b&gt;", "bold"),
        ("&amp;lt;script&amp;gt;alert(1)&amp;lt;/script&amp;gt;", ""),
        ("<img src=x onerror=alert(1)>", ""),
        ("<img src=x onerror=alert(1)", ""),
        ("a\u202eevil\u2066\u200b\ufeffb", "aevilb"),
        ("a\x00b\x1bc\x7fd", "abcd"),
        ("  a \n\t b\u2028c ", "a b c"),
        ("soft\xadhyphen \U000e0041tag", "softhyphen tag"),
        ("👨\u200d👩", "👨\u200d👩"),
        (None, ""),
        (5, ""),
    ],
)
def test_of_markup_the_text_is_left(markup, text):
    assert to_text(markup, 500) == text


def test_a_long_text_ends_between_words():
    assert to_text("word " * 200, 500) == "word " * 98 + "word…"
    assert len(to_text("x" * 600, 500)) == 500


@given(st.text(alphabet="<>/!?-&;lgtampbscri \"'=#x0123456789\n", max_size=300))
@example("<<b>b>")
@example("<scr<script>ipt>")
@example("<" * 50)
def test_no_tag_is_ever_left(markup):
    assert not re.search(r"<[a-zA-Z/!?]", to_text(markup, 500))


@given(st.text(max_size=200), st.integers(10, 60))
def test_what_is_left_can_be_seen_and_is_no_longer_than_it_may_be(markup, limit):
    text = to_text(markup, limit)
    assert len(text) <= limit
    assert not [letter for letter in text if unicodedata.category(letter) in ("Cc", "Cs")]
    assert text == " ".join(text.split())


@pytest.mark.parametrize(
    "address", ["https://a.b/c?d=e#f", "http://a.b:8080/", "https://[2001:db8::1]/x", " https://a.b "]
)
def test_an_address_of_the_web_may_be_linked_to(address):
    assert safe_url(address) == address.strip()


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "ftp://a.b/",
        "//a.b/",
        "/a",
        "https:///a",
        "https://user:secret@a.b/",
        "https://user@a.b/",
        "https://a.b\\@c.d/",
        "https://a.b/\u202egpj",
        "https://a.b/ c",
        "java\nscript:alert(1)",
        "https://a.b:99999/",
        "https://[a/",
        "https://a.b/" + "x" * 2_000,
        None,
        7,
    ],
)
def test_any_other_address_is_none(address):
    assert safe_url(address) is None
