"""Mail goes to the server that EMAIL_URL names, as whom it names; what is wrong with it is said without its secret."""

import socketserver
import threading
import traceback
import typing

import pytest
from django.core import mail
from django.core.exceptions import ImproperlyConfigured

from config import env

REPLIES = {b"EHLO": b"250-here\r\n250 AUTH PLAIN", b"AUTH": b"235 welcome", b"DATA": b"354 go on", b"QUIT": b"221 bye"}


class Server(socketserver.ThreadingTCPServer):
    """Takes mail, and keeps the lines it was told."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.told: list[bytes] = []


class Session(socketserver.StreamRequestHandler):
    server: Server

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        in_mail = False
        for line in self.rfile:
            self.server.told.append(line.strip())
            word = line.split()[0].upper() if line.strip() else b""
            if not in_mail or line == b".\r\n":
                in_mail = word == b"DATA"
                self.wfile.write(REPLIES.get(word, b"250 ok") + b"\r\n")
            if word == b"QUIT" and not in_mail:
                return


@pytest.fixture
def server() -> typing.Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def given(monkeypatch) -> typing.Callable[[str], None]:
    return lambda url: monkeypatch.setenv("EMAIL_URL", url)


def test_mail_goes_to_the_server_that_is_named(server, given, settings):
    given(f"smtp://me:p%40ss@127.0.0.1:{server.server_address[1]}")
    for name, value in env.mail("EMAIL_URL", production=True).items():
        setattr(settings, name, value)
    mail.send_mail("Another password", "Follow this.", "desk@example.com", ["alice@example.com"])
    assert b"mail from:<desk@example.com>" in [line.lower() for line in server.told]
    assert b"AUTH PLAIN AG1lAHBAc3M=" in server.told, "who it is, and the password as it was meant"
    assert b"Follow this." in server.told


@pytest.mark.parametrize(
    ("url", "port", "tls", "ssl"),
    [
        ("smtp://mail.example.com", 25, False, False),
        ("smtp+tls://mail.example.com", 587, True, False),
        ("smtps://mail.example.com:4650", 4650, False, True),
    ],
)
def test_how_a_server_is_spoken_to_is_in_its_url(given, url, port, tls, ssl):
    given(url)
    found = env.mail("EMAIL_URL", production=True)
    assert (found["EMAIL_PORT"], found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (port, tls, ssl)


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.com", "http://a:hidden@b", "smtp://:hidden@", "smtp://a:hidden@b:x", "smtp://a:hidden[@b",
        "smtp://a:hidden\N{ACCOUNT OF}@b", "smtp://a:hidden/1@b",
    ],
)  # fmt: skip
def test_a_url_that_names_no_server_is_refused_without_being_shown(given, url):
    given(url)
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL must be like smtp") as refusal:
        env.mail("EMAIL_URL", production=True)
    assert "hidden" not in "".join(traceback.format_exception(refusal.value, limit=0))


@pytest.mark.parametrize(("production", "backend"), [(True, "dummy"), (False, "console")])
def test_without_a_server_none_is_sent_in_production_and_elsewhere_it_is_printed(given, production, backend):
    given("")
    assert f".{backend}." in env.mail("EMAIL_URL", production)["EMAIL_BACKEND"]
