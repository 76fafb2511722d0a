"""Where the console listens, and which requests it answers. Pure.

The page is for the user of this machine only. A page of another site could make the user's browser connect
to the loopback address under a name of its own (DNS rebinding). Its requests carry that name in their Host
header, so requests are answered only under names of the loopback address.
"""

from __future__ import annotations

from typing import Optional
from urllib.parse import urlsplit

HOST = "127.0.0.1"
PORT = 8090
NAMES = frozenset({HOST, "localhost", "::1"})
"""Any port is allowed, because a user may forward another port to this one."""


def is_own(host: Optional[str]) -> bool:
    """Whether a Host header names the loopback address."""
    return bool(host) and _name(f"//{host}") in NAMES


def is_own_origin(origin: Optional[str]) -> bool:
    """Whether a request comes from the console's own page. Browsers omit Origin in such requests."""
    return origin is None or _name(origin) in NAMES


def _name(url: str) -> Optional[str]:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises ValueError
    except ValueError:
        return None
    return None if "@" in parts.netloc else parts.hostname
