"""A headless Chromium, controlled with its DevTools protocol, which needs no driver and reports every
request."""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, List, Optional, Union

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",  # needed as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",  # /dev/shm of a container is small
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)


def find() -> Optional[str]:
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """A browser with one page. Use it as a context manager."""

    def __init__(self, program: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._profile = tempfile.mkdtemp(prefix="polarshake-browser-")
        self._process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={self._profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._calls = 0
        self._session: Any = None
        self._socket: Any = None
        self.events: List[Dict[str, Any]] = []
        """Messages of the protocol since the page was opened."""

    def __enter__(self) -> Browser:
        try:
            self._loop.run_until_complete(self._connect())
            for domain in ("Page", "Runtime", "Log", "Network"):
                self.call(f"{domain}.enable")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._session is not None:
            self._loop.run_until_complete(self._session.close())
        self._loop.close()
        # Its child processes are in its own process group.
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        shutil.rmtree(self._profile, ignore_errors=True)

    def open(
        self, page: Union[Path, str], width: int, height: int = 900, dark: bool = False, media: str = ""
    ) -> None:
        """Load a file or an address, and wait until it is displayed."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", media=media, features=[scheme])
        self.events.clear()
        self.call("Page.navigate", url=page if isinstance(page, str) else page.as_uri())
        self._loop.run_until_complete(asyncio.wait_for(self._until("Page.loadEventFired"), 60))

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait_for(self, expression: str, seconds: float = 120.0) -> Any:
        """The value of an expression as soon as it is true."""
        deadline = time.monotonic() + seconds
        while True:
            value = self.evaluate(expression)
            if value:
                return value
            assert time.monotonic() < deadline, f"not true within {seconds:.0f} s: {expression}"
            time.sleep(0.05)

    def press(self, key: str, code: int) -> None:
        """Press and release a key; `code`: its virtual key code."""
        for kind in ("keyDown", "keyUp"):
            text = {"text": "\r"} if key == "Enter" and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **text)

    def screenshot(self) -> bytes:
        """The visible part of the page as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def requests(self) -> List[str]:
        """Every address that the page has requested."""
        sent = [event for event in self.events if event["method"] == "Network.requestWillBeSent"]
        return [event["params"]["request"]["url"] for event in sent]

    def complaints(self) -> List[Dict[str, Any]]:
        """All messages on the console: errors, warnings, refusals, output."""
        heard = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")
        return [event for event in self.events if event["method"] in heard]

    def call(self, method: str, **parameters: Any) -> Dict[str, Any]:
        return self._loop.run_until_complete(asyncio.wait_for(self._call(method, parameters), 60))

    async def _connect(self) -> None:
        import aiohttp

        self._session = aiohttp.ClientSession()
        port = self._port()
        async with self._session.get(f"http://127.0.0.1:{port}/json/list") as answer:
            pages = [target for target in await answer.json() if target["type"] == "page"]
        self._socket = await self._session.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0)

    def _port(self) -> int:
        file, deadline = Path(self._profile, "DevToolsActivePort"), time.monotonic() + 60
        while time.monotonic() < deadline:
            text = file.read_text() if file.exists() else ""
            if "\n" in text:
                return int(text.split()[0])
            assert self._process.poll() is None, f"the browser ended with {self._process.returncode}"
            time.sleep(0.05)
        raise AssertionError("the browser did not start within a minute")

    async def _call(self, method: str, parameters: Dict[str, Any]) -> Dict[str, Any]:
        self._calls += 1
        await self._socket.send_json({"id": self._calls, "method": method, "params": parameters})
        while True:
            message = await self._socket.receive_json()
            if message.get("id") == self._calls:
                assert "error" not in message, message
                result: Dict[str, Any] = message["result"]
                return result
            self.events.append(message)

    async def _until(self, method: str) -> None:
        while not any(event["method"] == method for event in self.events):
            self.events.append(await self._socket.receive_json())
