"""Runs a process that holds people's venue connections and serves nobody else."""

import asyncio
import gc
import logging
import signal
import typing

import uvloop
from django.conf import settings
from django.core.management import BaseCommand, CommandError

from accounts.links import store
from brokers import catalogue
from lib.open_file_limit import raise_limit
from streaming import runtime
from streaming.bus import bus
from streaming.status import health

logger = logging.getLogger(__name__)

DRAIN_S = 9.0


class Command(BaseCommand):
    help = "Holds people's venue connections for web processes elsewhere: a host of streams, without pages or sockets."
    stealth_options = ("when_ready",)
    """For `call_command`: a function to run when it can take people."""

    def handle(self, *args: typing.Any, **options: typing.Any) -> None:
        """Host until SIGTERM or Ctrl-C, then hand everybody over."""
        if bus.layer() is None:
            raise CommandError("A process of streams needs a Redis or Valkey to be heard. Set REDIS_URL.")
        if pending := health.pending_migrations():
            raise CommandError(
                f"The database is behind: {pending} migrations did not run yet. Run `manage.py migrate`."
            )
        settings.PROCESS_KIND = "streams"
        raise_limit()
        for venue in store.venues_in_use():  # the first person to come should not wait for an import
            catalogue.adapter(venue)
        when_ready = options.get("when_ready") or (lambda: self.stdout.write("Ready: hosting streams."))
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self.host(when_ready))
        except KeyboardInterrupt:
            self.stderr.write("Stopped at once; others take over when this process is missed.")

    async def host(self, when_ready: typing.Callable[[], None]) -> None:
        """Host until told to stop; told again by Ctrl-C, stop at once."""
        if (layer := await health.layer())["state"] != "up":
            raise CommandError(f"{layer['kind']} does not answer. Start the desk (`manage.py up`), or set REDIS_URL.")
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopping.set)
        joining = asyncio.create_task(runtime.runtime().joined(), name="join the others")
        stop = asyncio.create_task(stopping.wait(), name="stop")
        await asyncio.wait([joining, stop], return_when=asyncio.FIRST_COMPLETED)
        if not stop.done():
            gc.freeze()
            when_ready()
        await stop
        joining.cancel()
        loop.remove_signal_handler(signal.SIGINT)
        try:
            async with asyncio.timeout(DRAIN_S):
                await runtime.drain()
        except TimeoutError:
            logger.error("The streams were not drained after %.0f s; ending them as they are", DRAIN_S)
        if runtime.refusals:
            raise CommandError("It did not begin.")
