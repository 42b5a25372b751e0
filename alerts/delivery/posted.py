"""What channels by HTTP share: the answers of receivers as our errors."""

import datetime
from collections.abc import Mapping

from alerts.delivery.contract import Gone, Refused, Undelivered
from lib.outbound.post import Answer, Poster, PostError
from lib.outbound.waits import retry_after_s

Headers = Mapping[str, str]


async def post(poster: Poster, address: str, body: bytes, headers: Headers) -> Answer:
    """Post, and return an answer that is a success. Raises Undelivered, and Gone for one that says 410."""
    try:
        answer = await poster.post(address, body, headers)
    except PostError as error:
        raise Undelivered(error.reason) from None
    if 200 <= answer.status < 300:
        return answer
    retry_s = retry_after_s(answer.headers, datetime.datetime.now(datetime.UTC))
    if answer.status == 410:
        raise Gone("it answers HTTP 410: it is gone for good")
    if answer.status == 413:
        raise Refused("it answers HTTP 413: the message is too long for it")
    if 300 <= answer.status < 400:
        raise Undelivered(f"it answers HTTP {answer.status}: redirects are not followed", retry_s)
    raise Undelivered(f"it answers HTTP {answer.status}", retry_s)
