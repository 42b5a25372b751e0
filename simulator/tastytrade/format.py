"""How tastytrade writes things in JSON: envelopes, errors, decimals as strings, amounts with an effect. Pure."""

import datetime
import decimal
import typing

from simulator.asgi import Answer, Json, json_answer

HTML_401 = Answer(
    401,
    b"<html>\r\n<head><title>401 Authorization Required</title></head>\r\n<body>\r\n<center><h1>401 Authorization "
    b"Required</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
    "text/html",
)
"""What the proxy in front of the API says to a client without a User-Agent."""
HTML_502 = Answer(
    502,
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
    b"<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
    "text/html",
)
NO_CUSTOMER = ("quote_streamer.customer_not_found_error", "You must be a customer to access a quote stream.")


class SimTastytradeRefusal(Exception):
    """An error a client is told: its HTTP status, code and message; `errors` are the (code, message) it sums up.

    Of a body that cannot be read, `fields` are the (name, what is wrong with it).
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        errors: typing.Sequence[tuple[str, str]] = (),
        fields: typing.Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(message)
        error: Json = {"code": code, "message": message}
        nested = [{"code": code, "message": message} for code, message in errors]
        nested += [{"domain": field, "reason": reason} for field, reason in fields]
        if nested:
            error["errors"] = nested
        self.answer = json_answer(status, {"error": error})


def invalid(field: str, reason: str) -> SimTastytradeRefusal:
    """Say that a field of a body cannot be read."""
    return SimTastytradeRefusal(400, "validation_error", "Request validation failed", fields=[(field, reason)])


def envelope(data: Json, context: str, pagination: Json | None = None, *, status: int = 200) -> Answer:
    """Wrap a body. `context` is the path it answers."""
    body: Json = {"data": data, "context": context}
    if pagination is not None:
        body |= {"api-version": "v1", "pagination": pagination}
    return json_answer(status, body)


def paginate(items: list[Json], per_page: int, page: int) -> tuple[list[Json], Json]:
    """Cut one page out of `items`, with the block that describes it."""
    first = page * per_page
    part = items[first : first + per_page]
    block = {
        "per-page": per_page,
        "page-offset": page,
        "item-offset": first,
        "total-items": len(items),
        "total-pages": -(-len(items) // per_page),
        "current-item-count": len(part),
        "previous-link": None,
        "next-link": None,
        "paging-link-template": None,
    }
    return part, block


def number(value: decimal.Decimal | float) -> str:
    """Write an amount or price: plain digits, always with a fraction, which ends without needless zeros.

    The middle of two 64ths has seven places.
    """
    text = format(value if isinstance(value, decimal.Decimal) else decimal.Decimal(repr(round(value, 8))), "f")
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction.rstrip('0') or '0'}"


def signed(key: str, value: decimal.Decimal) -> dict[str, str]:
    """Write a signed amount the venue's way: positive, with an effect beside it."""
    effect = "Credit" if value > 0 else "Debit" if value < 0 else "None"
    return {key: number(abs(value)), f"{key}-effect": effect}


def moment(at: int | datetime.datetime) -> str:
    """Write a time (ms since the epoch, or aware) as ISO with milliseconds in UTC."""
    time = at if isinstance(at, datetime.datetime) else datetime.datetime.fromtimestamp(at / 1000, datetime.UTC)
    return time.astimezone(datetime.UTC).isoformat(timespec="milliseconds")


def present(values: typing.Mapping[str, typing.Any]) -> Json:
    """Leave out what does not exist."""
    return {key: value for key, value in values.items() if value is not None}
