"""A browser."""

from __future__ import annotations

from typing import Iterator

import pytest

from tests.harness.browser import NAMES, Browser, find


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    pytest.importorskip("aiohttp", reason="the browser is driven over a WebSocket of aiohttp")
    program = find()
    if program is None:
        pytest.skip(f"no browser on this machine: none of {', '.join(NAMES)} is on the PATH")
    with Browser(program) as running:
        yield running
