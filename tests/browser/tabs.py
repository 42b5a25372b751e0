"""A Chromium whose tabs are hidden, frozen and put away as a person's are; Playwright keeps its pages awake."""

import itertools
import json
import pathlib
import re
import signal
import subprocess
import types
import typing

import websockets.sync.client

from tests.browser.conftest import FLAGS
from tests.support.eventually import eventually

REPLY_S = 30.0


class Chromium:
    """One window, driven by its debugging protocol. Use it in a `with`.

    `throttle_s`: after how long a hidden tab's timers come once a minute only; 300 s in a browser as it is.
    """

    def __init__(self, path: str, profile: pathlib.Path, throttle_s: int = 300) -> None:
        feature = f"--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/{throttle_s}"
        options = [*FLAGS, feature, "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"]
        self._command = [path, *options]
        self._ids = itertools.count(1)

    def __enter__(self) -> "Chromium":
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        assert self._process.stderr is not None
        address = next(found[0] for line in self._process.stderr if (found := re.search(r"ws://\S+", line)))
        self._connect = websockets.sync.client.connect(address, max_size=None)
        self._socket = self._connect.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        self._connect.__exit__(kind, error, trace)
        self._process.send_signal(signal.SIGTERM)
        self._process.communicate(timeout=10)

    def call(self, method: str, session: str | None = None, **params: typing.Any) -> typing.Any:
        """Call a method of the protocol and return its result."""
        number = next(self._ids)
        call = {"id": number, "method": method, "params": params}
        self._socket.send(json.dumps(call if session is None else {**call, "sessionId": session}))
        while True:
            message = json.loads(self._socket.recv(timeout=REPLY_S))
            if message.get("id") == number:
                assert "error" not in message, f"{method}: {message['error']}"
                return message["result"]

    def tab(self, url: str, cookie: str, script: str) -> "Tab":
        """Open a tab in front of the others. `script` runs before those of every page in it."""
        tab = Tab(self, self.call("Target.createTarget", url="about:blank")["targetId"])
        tab.call("Page.enable")
        tab.call("Page.addScriptToEvaluateOnNewDocument", source=script)
        for pair in cookie.split("; "):
            name, _, value = pair.partition("=")
            tab.call("Network.setCookie", name=name, value=value, url=url)
        tab.go(url)
        return tab


class Tab:
    """One tab."""

    def __init__(self, chromium: Chromium, target: str) -> None:
        self._chromium = chromium
        self._target = target
        self._session: str = chromium.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def call(self, method: str, **params: typing.Any) -> typing.Any:
        """Call a method of the protocol on this tab."""
        return self._chromium.call(method, self._session, **params)

    def evaluate(self, expression: str) -> typing.Any:
        """Return what an expression is on the page, as JSON."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def awaits(self, condition: str, within: float = 20.0) -> typing.Any:
        """Wait until a condition holds on the page, and return its value."""
        return eventually(lambda: self.evaluate(condition), within=within, saying=condition)

    def go(self, url: str) -> None:
        """Go to an address, by a link on the page as it were."""
        self.call("Page.navigate", url=url)
        self.awaits(f"location.href.startsWith({json.dumps(url)}) && document.readyState === 'complete'")

    def back(self) -> None:
        """Press the browser's back button."""
        history = self.call("Page.getNavigationHistory")
        entry = history["entries"][history["currentIndex"] - 1]
        self.call("Page.navigateToHistoryEntry", entryId=entry["id"])
        self.awaits(f"location.href === {json.dumps(entry['url'])}")

    def front(self) -> None:
        """Bring it to the front: the others of its window are hidden."""
        self._chromium.call("Target.activateTarget", targetId=self._target)

    def freeze(self) -> None:
        """Stop everything in it, as a browser does to hidden tabs to save power."""
        self.call("Page.setWebLifecycleState", state="frozen")

    def thaw(self) -> None:
        """Let it go on."""
        self.call("Page.setWebLifecycleState", state="active")
