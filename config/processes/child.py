"""One process of `manage.py up`: web-1, streams-2, learn. Only its parent (config.processes.supervisor) starts it.

It names itself in every line it prints, tells its parent when it is ready, and never outlives it: the pipe between the
two ends with the parent, however that ends, and then this process drains and ends, too.
"""

import argparse
import gc
import logging
import os
import signal
import socket
import sys
import threading
import time
import typing

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

logger = logging.getLogger("config.processes.child")  # it runs as a program, whose own name would be __main__

READY = b"ready\n"
ALONE_S = 10.0
"""How long an orphan may take to end in good order."""


class Labelled:
    """A text stream whose every line begins with a label. Writes whole lines only, each batch of them at once."""

    def __init__(self, stream: typing.TextIO, label: str) -> None:
        self._stream = stream
        self._label = label
        self._begun = ""

    def __getattr__(self, name: str) -> typing.Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Take `text`; its last line waits until it is whole."""
        *lines, self._begun = (self._begun + text).split("\n")
        if lines:
            self._stream.write("".join(f"{self._label} {line}\n" for line in lines))
            self._stream.flush()
        return len(text)

    def writelines(self, lines: typing.Iterable[str]) -> None:
        """Take several texts."""
        self.write("".join(lines))


def main() -> int:
    """Be the process that the command line names. Returns the exit code."""
    given = _parser().parse_args()
    label = f"[{given.name}]"
    sys.stdout, sys.stderr = Labelled(sys.stdout, label), Labelled(sys.stderr, label)
    parent = socket.socket(fileno=given.parent)
    parent.set_inheritable(False)
    threading.Thread(target=_end_with, args=(parent,), name="parent", daemon=True).start()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    gc.disable()  # until all apps are imported, as in manage.py
    try:
        django.setup()
        settings.PROCESS_NAME = given.name
        settings.EMBEDDED_VALKEY = False  # its parent keeps it
        _run(given, lambda: parent.sendall(READY))
    except (ImproperlyConfigured, CommandError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _run(given: argparse.Namespace, when_ready: typing.Callable[[], None]) -> None:
    if given.learn:
        call_command("learn", when_ready=when_ready, skip_checks=False)
        return
    if given.listen is None:
        call_command("runstreams", when_ready=when_ready, skip_checks=False)
        return
    if given.no_host:
        settings.STREAM_HOST = "none"
    if given.site_url:
        settings.SITE_URL = given.site_url
    call_command("runweb", listen=given.listen, server=given.server, when_ready=when_ready, skip_checks=False)


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m config.processes.child", description="A process of `manage.py up`.")
    made.add_argument("name", help="what it is called, as web-1 or streams-2")
    made.add_argument("--parent", type=int, required=True, help="descriptor of the socket to its parent")
    made.add_argument("--learn", action="store_true", help="have models learn, and nothing else")
    made.add_argument("--listen", type=int, help="descriptor of the socket to serve on; without it, it hosts streams")
    made.add_argument("--server", default="", help="web server to serve with")
    made.add_argument("--site-url", default="", help="the desk's address where no setting names it")
    made.add_argument("--no-host", action="store_true", help="hold no venue connections")
    return made


def _end_with(parent: socket.socket) -> None:
    """Wait until the parent is gone, then end this process: in good order, or by force when that takes too long."""
    while parent.recv(16):
        pass
    logger.error("The process that started this one has ended; so does this one, within %.0f s", ALONE_S)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(ALONE_S)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    raise SystemExit(main())
