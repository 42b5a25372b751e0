"""By apprise, in an environment of its own: real receivers get what was told, and nothing leads inside or hangs."""

import json
import logging.handlers
import queue
import ssl
import sys

import pytest

from alerts.delivery import apprise_sender, channels, outbox, store
from alerts.delivery.apprise_address import SERVICES
from alerts.delivery.apprise_sender import PACKAGE, AppriseSender, is_installed
from alerts.delivery.contract import Message, Refused, Undelivered
from lib.outbound.addresses import AddressRules
from tests.alerts.delivery.conftest import ALICE
from tests.alerts.delivery.test_deliverer import running, until
from tests.support.extras import installed
from tests.support.receivers import Receiver
from tests.support.tls import make_certificate

pytestmark = [
    pytest.mark.process,  # openssl, and the environment that .ci/needs makes
    pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning"),
]
TOKEN = "Aabcdefghijklmn"
FIRED = Message(
    id="7", number=3, title="QQQ crosses up\n450.50", body="450.51, 0.4 s old", at=1_795_000_000_000,
    url="https://desk.example/alerts/",
)  # fmt: skip
HERE = AddressRules(["localhost"])
PLUGINS = {
    "discord": f"discord://4174216298/{TOKEN}{TOKEN}", "gotifys": f"gotifys://localhost/{TOKEN}",
    "mailtos": f"mailtos://user:{TOKEN}@example.com", "matrixs": f"matrixs://user:{TOKEN}@matrix.example/#room",
    "ntfys": f"ntfys://user:{TOKEN}@localhost/topic", "pover": f"pover://{'u' * 30}@{'a' * 30}",
    "signals": "signals://localhost:8080/+15551234567/+15557654321",
    "slack": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/",
    "tgram": f"tgram://123456789:{TOKEN}_x/12315544/",
    "workflows": f"workflows://host:443/{TOKEN}/{TOKEN}",
}  # fmt: skip


@pytest.fixture(scope="module")
def extra():
    with installed(PACKAGE):
        yield


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def context(certificate, monkeypatch):
    """TLS of a server that what uses apprise trusts."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    found = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    found.load_cert_chain(certificate, certificate.with_suffix(".key"))
    return found


@pytest.fixture
def root_lines():
    """What reaches the log of a desk."""
    lines: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    handler = logging.handlers.QueueHandler(lines)
    logging.getLogger().addHandler(handler)
    yield lines
    logging.getLogger().removeHandler(handler)


def test_a_desk_without_the_extra_offers_none_and_says_so_of_one_that_was_made():
    assert not is_installed()
    assert not channels.is_offered("apprise")
    assert PACKAGE not in sys.modules


async def test_a_channel_of_an_extra_that_is_gone_is_refused():
    with pytest.raises(Refused, match=r"requirements-apprise\.txt"):
        await AppriseSender(HERE, PLUGINS["tgram"]).send(FIRED)


@pytest.mark.usefixtures("extra")
@pytest.mark.parametrize("scheme", sorted(SERVICES))
def test_apprise_reads_an_address_of_each_service_and_speaks_tls(scheme):
    assert channels.is_offered("apprise")
    plugin = apprise_sender._plugin(PLUGINS[scheme])
    assert (plugin.redirects, plugin.retry) == (False, 0)
    assert scheme in plugin.secure_protocol


@pytest.mark.usefixtures("extra")
async def test_ntfy_and_gotify_get_what_fired(context):
    async with Receiver(context=context) as server:
        await AppriseSender(HERE, f"ntfys://user:{TOKEN}@localhost:{server.port}/alice-9f2").send(FIRED)
        await AppriseSender(HERE, f"gotifys://localhost:{server.port}/{TOKEN}").send(FIRED)
        ntfy, gotify = server.received
    told = json.loads(ntfy.body)
    assert (told["topic"], told["title"]) == ("alice-9f2", "QQQ crosses up 450.50")
    assert told["message"].split() == [*FIRED.body.split(), FIRED.url]
    assert gotify.headers["x-gotify-key"] == TOKEN
    assert json.loads(gotify.body)["title"] == "QQQ crosses up 450.50"


@pytest.mark.usefixtures("extra")
async def test_a_long_message_is_cut_and_becomes_no_attachment(context):
    async with Receiver(context=context) as server:
        sender = AppriseSender(HERE, f"ntfys://localhost:{server.port}/topic")
        await sender.send(Message(id="8", title="long", body="ü" * 5_000 + "😀" * 5_000, at=0))
        (came,) = server.received
    assert (came.method, set(json.loads(came.body)) & {"attach", "filename"}) == ("POST", set())


@pytest.mark.usefixtures("extra")
async def test_nothing_inside_is_asked_that_is_not_listed_and_no_redirect_followed(context):
    async with (
        Receiver() as inside,
        Receiver(302, location=f"http://127.0.0.1:{inside.port}/", context=context) as server,
    ):
        address = f"gotifys://localhost:{server.port}/{TOKEN}"
        with pytest.raises(
            Undelivered, match="localhost is inside this network, and not among ALLOWED_PRIVATE_TARGETS"
        ):
            await AppriseSender(AddressRules(), address).send(FIRED)
        assert not server.received
        with pytest.raises(Undelivered, match="Gotify did not take it: it answers HTTP 302"):
            await AppriseSender(HERE, address).send(FIRED)
        assert not inside.received


@pytest.mark.usefixtures("extra")
async def test_a_refusal_tells_its_status_and_nothing_of_the_address(context, caplog, root_lines):
    lines: queue.SimpleQueue[logging.LogRecord] = root_lines
    async with Receiver(403, context=context) as server:
        sender = AppriseSender(HERE, f"gotifys://localhost:{server.port}/{TOKEN}")
        with (
            caplog.at_level(logging.DEBUG),
            pytest.raises(Undelivered, match="Gotify did not take it: it answers HTTP 403") as why,
        ):
            await sender.send(FIRED)
    assert TOKEN not in caplog.text + repr(sender) + str(why.value)
    names = {lines.get().name for _ in range(lines.qsize())}
    assert names.isdisjoint({PACKAGE, "urllib3.connectionpool"}), "their lines quote addresses"


@pytest.mark.usefixtures("extra")
async def test_who_hangs_is_cut_off_and_holds_up_nobody(context, monkeypatch):
    monkeypatch.setattr(apprise_sender, "LIMIT_S", 0.2)
    async with Receiver("hang", context=context) as mute, Receiver(context=context) as server:
        for _ in range(apprise_sender.AT_ONCE + 1):
            with pytest.raises(Undelivered, match="did not take it within"):
                await AppriseSender(HERE, f"gotifys://localhost:{mute.port}/{TOKEN}").send(FIRED)
        monkeypatch.setattr(apprise_sender, "LIMIT_S", 20.0)
        await AppriseSender(HERE, f"gotifys://localhost:{server.port}/{TOKEN}").send(FIRED)
        assert len(server.received) == 1


@pytest.mark.usefixtures("extra")
async def test_a_firing_comes_by_it_and_is_tried_again_until_it_is_taken(desk, context, monkeypatch):
    monkeypatch.setattr(outbox, "FIRST_S", 0.1)
    async with Receiver(500, 200, context=context) as server, running(desk):
        secrets = {"url": f"gotifys://localhost:{server.port}/{TOKEN}"}
        await desk.ledger.write(lambda: store.create(ALICE, "apprise", "My phone", secrets, zone="UTC"))
        await desk.fire(await desk.rule(ALICE))
        first, second = await server.until(2)
        (row,) = await until(desk, ALICE, "sent")
    assert (row.attempts, row.channel.destination, row.reason) == (2, "Gotify", "")
    assert json.loads(first.body) == json.loads(second.body)
    assert json.loads(second.body)["title"] == "QQQ last price crosses up 450.5"
