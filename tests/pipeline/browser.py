"""A real browser without a window: Chromium, driven by its chromedriver in the W3C's WebDriver protocol, plain HTTP."""

import base64
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

NEEDED = ("chromium", "chromedriver")
MISSING = [name for name in NEEDED if shutil.which(name) is None]
TAB, SPACE, DOWN, RIGHT = "\ue004", " ", "\ue015", "\ue014"  # keys, as the protocol has them
PATIENCE = 120.0  # seconds that anything may take on a busy machine
NOTICED = 15.0  # seconds after which a click is tried again
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",  # which has no use in a container, and doesn't start as root
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--no-first-run",
    "--disable-extensions",
    "--disable-background-networking",
    "--window-size=1440,900",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # no network: a page that needs some shows it
)
OPEN = build_opener(ProxyHandler({})).open  # the driver is on this machine, whatever proxy there is


class Browser:
    """One window."""

    def __init__(self, address: str, profile: Path) -> None:
        self.address = address
        options = {"args": [*ARGUMENTS, f"--user-data-dir={profile}"], "binary": shutil.which("chromium")}
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        body = {"capabilities": {"alwaysMatch": wanted}}
        try:
            made = self._call("POST", "/session", body)
        except AssertionError:  # on a busy machine Chromium may take longer to start than its driver waits
            made = self._call("POST", "/session", body)
        self.session = f"/session/{made['sessionId']}"

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.address + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with OPEN(request, timeout=2 * PATIENCE) as answer:
                return json.load(answer)["value"]
        except HTTPError as error:
            raise AssertionError(json.load(error)["value"]["message"]) from error

    def visit(self, path: Path) -> None:
        """Open a file and wait until it is loaded."""
        self._call("POST", f"{self.session}/url", {"url": path.resolve().as_uri()})

    def run(self, script: str, *arguments: Any) -> Any:
        """What a script returns in the current frame; `arguments` are its `arguments`."""
        return self._call("POST", f"{self.session}/execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, script: str, *arguments: Any) -> Any:
        """What a script returns, once that is true."""
        return until(lambda: self.run(script, *arguments), script)

    def click(self, css: str, text: str = "", seen: str = "") -> None:
        """Click on the first element that matches and reads `text`, with the mouse, once it is there and uncovered.

        Given `seen`, a script that is true of the page afterwards, it is clicked again where the page didn't notice:
        a page that is drawn anew between the mouse's way down and up has no click.
        """
        until(lambda: self._clicked(css, text) and self._shows(seen), f"a click on {css} {text} that shows {seen}")

    def _shows(self, seen: str) -> bool:
        """Whether a script becomes true within some seconds; where there is none, it needn't."""
        deadline = time.monotonic() + NOTICED
        while seen and not self.run(f"return Boolean({seen})"):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True

    def _clicked(self, css: str, text: str) -> bool:
        """Whether a click on the element went through, scrolled to the middle, where no header that stays covers it."""
        found = self.wait(
            "const one = [...document.querySelectorAll(arguments[0])]"
            ".find(one => !arguments[1] || one.textContent.trim() === arguments[1]);"
            "if (one) one.scrollIntoView({block: 'center'}); return one",
            css,
            text,
        )
        try:
            self._call("POST", f"{self.session}/element/{next(iter(found.values()))}/click", {})
        except AssertionError as error:
            if "intercepted" in str(error) or "stale" in str(error):  # the page is still moving
                return False
            raise
        return True

    @contextmanager
    def frame(self) -> Iterator[None]:
        """Inside the page's first iframe."""
        found = self.wait("return document.querySelector('iframe')")
        self._call("POST", f"{self.session}/frame", {"id": found})
        yield
        self._call("POST", f"{self.session}/frame", {"id": None})

    def complaints(self) -> list[str]:
        """Errors on the console since the last call."""
        log = self._call("POST", f"{self.session}/se/log", {"type": "browser"})
        return [entry["message"] for entry in log if entry["level"] == "SEVERE"]

    def picture(self, path: Path) -> None:
        """Save what the window shows as PNG."""
        path.write_bytes(base64.b64decode(self._call("GET", f"{self.session}/screenshot")))

    def resize(self, width: int, height: int) -> None:
        """Give the page this many pixels; the window's frame comes on top."""
        outer = self._call("POST", f"{self.session}/window/rect", {"width": width, "height": height})
        inner = self.run("return [innerWidth, innerHeight]")
        sides = {"width": outer["width"] + width - inner[0], "height": outer["height"] + height - inner[1]}
        self._call("POST", f"{self.session}/window/rect", sides)

    def press(self, *keys: str) -> None:
        """Press keys, one after another, on what has the focus."""
        strokes = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        body = {"actions": [{"type": "key", "id": "keyboard", "actions": strokes}]}
        self._call("POST", f"{self.session}/actions", body)

    def close(self) -> None:
        """Close the window."""
        self._call("DELETE", self.session)


def until(true: Callable[[], Any], what: str) -> Any:
    """What `true` gives once that is true."""
    deadline = time.monotonic() + PATIENCE
    while not (found := true()):
        assert time.monotonic() < deadline, f"after {PATIENCE:.0f} s still not: {what}"
        time.sleep(0.1)
    return found


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """A window that is closed afterwards; its settings live in the folder `profile`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(["chromedriver", f"--port={port}"], **silent) as driver:
        try:
            until(lambda: answers(address), "chromedriver answers")
            window = Browser(address, profile)
            yield window
            window.close()
        finally:
            driver.terminate()


def answers(address: str) -> bool:
    """Whether a driver is ready there."""
    try:
        with OPEN(f"{address}/status", timeout=PATIENCE) as answer:
            return bool(json.load(answer)["value"]["ready"])
    except (URLError, ConnectionError):
        return False
