"""News for every runtime of a process."""

import asyncio
import types
import typing

from streaming import runtime


def test_a_loop_that_is_gone_keeps_news_from_nobody(valkey):
    heard: list[object] = []
    gone, lives = asyncio.new_event_loop(), asyncio.new_event_loop()
    found: typing.Any = types.SimpleNamespace(
        access_ended=lambda *ended: heard.append(ended),
        host=types.SimpleNamespace(links_changed=lambda person: heard.append(person)),
        lease=types.SimpleNamespace(stop=lambda: None),
        everybody=None,
    )
    runtime._runtimes[gone] = runtime._runtimes[lives] = found
    gone.close()
    try:
        runtime.tell_access_ended(1)
        runtime.tell_links_changed(2)
        lives.run_until_complete(asyncio.sleep(0))
    finally:
        del runtime._runtimes[gone], runtime._runtimes[lives]
        lives.close()
    assert heard == [(1, None, None), 2]
