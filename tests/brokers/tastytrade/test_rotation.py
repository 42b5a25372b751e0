"""A venue that puts another refresh token in the place of the one it was shown is taken at its word."""

from brokers.contract.broker import Credentials
from tests.brokers.stand import Stand, streaming
from tests.brokers.tastytrade.conftest import impatient


def known(venue: Stand) -> Credentials:
    """What the venue takes from its first customer now."""
    grant = venue.running.line["tastytrade"]["grants"][0]
    return Credentials(client_secret=grant["client_secret"], refresh_token=grant["refresh_token"])


async def test_verify_tells_the_credentials_from_now_on(venue: Stand):
    await venue.fault("rotate", account="5WX00001", times=1)
    broker = impatient(venue)
    try:
        identity = await broker.verify()
    finally:
        await broker.close()
    assert identity.renewed is not None
    assert identity.renewed == known(venue), "the venue's own idea of them"
    assert identity.renewed.keys() == {"client_secret", "refresh_token"}


async def test_without_a_rotation_nothing_is_renewed(venue: Stand):
    broker = impatient(venue)
    try:
        assert (await broker.verify()).renewed is None
    finally:
        await broker.close()


async def test_a_stream_says_so_and_goes_on_with_them(venue: Stand):
    told = [known(venue)]
    broker = impatient(venue)

    def renewed(former: Credentials, credentials: Credentials) -> None:
        assert former == told[-1]
        told.append(credentials)

    broker.renewed = renewed
    await venue.fault("rotate", account="5WX00001")
    async with streaming(broker, quotes=("QQQ",)) as run:
        await run.told.until_live()
        await run.told.until(lambda told: told.known("quote", "QQQ"))
        await venue.fault("expire")
        await run.told.until(lambda _: len(told) >= 3)
        await run.stop()
    async with streaming(broker, quotes=("QQQ",)) as again:
        await again.told.until_live()
    assert told[-1] == known(venue)


async def test_a_broker_that_was_closed_begins_again_with_the_newest(venue: Stand):
    await venue.fault("rotate", account="5WX00001", times=1)
    broker = impatient(venue)
    await broker.verify()
    await broker.close()
    try:
        assert (await broker.verify()).accounts
    finally:
        await broker.close()


async def test_a_closed_broker_holds_no_token_any_more(venue: Stand):
    broker = impatient(venue)
    await broker.verify()
    session = broker._session
    assert session is not None
    assert len(session.secrets) >= 3
    await broker.close()
    assert session.secrets == []
