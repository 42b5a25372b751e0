"""Takes secrets out of text that is logged or shown: known ones exactly, others by their shape. Pure."""

import re
import typing

REDACTED = "[redacted]"
SHORTEST = 8
"""Characters. A shorter secret would also blot out plain words."""

_KEY = (
    r"authorization|cookie|session_?id|csrftoken|token|secret|refresh|password|passwd"
    r"|api[-_]?key|auth[-_]?token|private[-_]?key"
)
_LONGEST = 200
"""Characters a name may have after the word that makes it a secret's."""
_SHAPES = (
    (re.compile(r"\b(Bearer|Basic)\s+[^\s\"',;)\]}]+", re.IGNORECASE), rf"\1 {REDACTED}"),
    (re.compile(r"(tdk_)[\w-]{8,}"), rf"\1{REDACTED}"),  # an API token of the desk itself
    (re.compile(r"\beyJ[\w-]{4,300}(?:\.[\w-]*){1,4}"), REDACTED),
    (re.compile(r"(://[^/\s:@]*:)[^/\s@]+(?=@)"), rf"\1{REDACTED}"),
    (
        re.compile(r"(/accounts/(?:claim|invitations|confirm-email|email/confirm|password/reset/key)/)[^\s/?\"']+"),
        rf"\1{REDACTED}",
    ),
    (re.compile(r"([?&](?:code|state)=)[^&\s\"']+"), rf"\1{REDACTED}"),
    # key: "value", 'key': 'value', key=value; the key may be part of a longer name, the value may be quoted. What a
    # name has before the key is not matched, and after it only so far: else a long word costs the square of its length
    (
        re.compile(
            rf"((?:{_KEY})[\w-]{{0,{_LONGEST}}}[\"']?\s*[:=]\s*)"
            r"(b?\"(?:[^\"\\]|\\.)*\"|b?'(?:[^'\\]|\\.)*'|[^\s\"',;&)\]}]+)",
            re.IGNORECASE,
        ),
        rf"\1{REDACTED}",
    ),
)

_secrets: set[str] = set()


def register(secrets: typing.Iterable[str]) -> None:
    """Take each of `secrets` out of every text from now on. Those shorter than SHORTEST are not."""
    _secrets.update(secret for secret in secrets if len(secret) >= SHORTEST)


def forget(secrets: typing.Iterable[str]) -> None:
    """Stop looking for `secrets`: they are no longer held by this process."""
    _secrets.difference_update(secrets)


def redact(text: str) -> str:
    """Return `text` without secrets."""
    for secret in _secrets.copy():
        if secret in text:
            text = text.replace(secret, REDACTED)
    for shape, replacement in _SHAPES:
        text = shape.sub(replacement, text)
    return text
