"""Mail: a real server on loopback gets it once, by a name of its own, and its refusals are told apart."""

import contextlib

import pytest
from aiosmtpd.controller import Controller

from alerts.delivery.contract import Message, Refused, Undelivered
from alerts.delivery.mail import MailSender
from tests.support import backends

FIRED = Message(
    id="7", number=3, title="QQQ last price\ncrosses up 450.50", body="QQQ.last 450.6, 0.4 s old",
    at=1_795_000_000_000, url="https://desk.example/alerts/",
)  # fmt: skip


class Mailbox:
    """What a server for mail took. `refusal` is what it says to every address instead."""

    def __init__(self, refusal: str = "") -> None:
        self.refusal = refusal
        self.mails: list = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.mails.append(envelope)
        return "250 OK"


@pytest.fixture
def served(settings):
    @contextlib.contextmanager
    def serve(mailbox):
        controller = Controller(mailbox, hostname="127.0.0.1", port=backends.free_port())
        controller.start()
        try:
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_HOST, settings.EMAIL_PORT = controller.hostname, controller.port
            settings.SENDS_MAIL, settings.DEFAULT_FROM_EMAIL = True, "desk@desk.example"
            yield mailbox
        finally:
            controller.stop()

    return serve


async def test_a_firing_is_mailed(served):
    with served(Mailbox()) as mailbox:
        await MailSender("alice@example.com").send(FIRED)
    (mail,) = mailbox.mails
    text = mail.content.decode()
    assert mail.rcpt_tos == ["alice@example.com"]
    assert "Subject: QQQ last price crosses up 450.50" in text
    assert "Message-ID: <alert-7@desk.example>" in text
    assert "QQQ.last 450.6, 0.4 s old" in text
    assert "https://desk.example/alerts/" in text


async def test_an_address_that_is_refused_for_good_is_not_tried_again(served):
    with served(Mailbox("550 no such user")), pytest.raises(Refused, match="550"):
        await MailSender("alice@example.com").send(FIRED)


async def test_a_full_mailbox_and_a_server_that_is_away_are_tried_again(served, settings):
    with served(Mailbox("452 full")), pytest.raises(Undelivered, match="452") as full:
        await MailSender("alice@example.com").send(FIRED)
    assert not isinstance(full.value, Refused)
    with pytest.raises(Undelivered, match="ConnectionRefused") as away:
        await MailSender("alice@example.com").send(FIRED)
    assert not isinstance(away.value, Refused)


async def test_a_desk_without_mail_says_so(settings):
    settings.SENDS_MAIL = False
    with pytest.raises(Refused, match="EMAIL_URL"):
        await MailSender("alice@example.com").send(FIRED)
