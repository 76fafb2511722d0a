"""What the jobs need at run time and the engine lacks: this project's dependencies out of the lock."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, NamedTuple, Set

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.vvr.errors import BuildError
from deploy.vvr.platform import PROVIDED, PYTHON

NEEDED = ("botocore", "jinja2", "msgspec", "psycopg2-binary", "pyyaml")
"""Imported by connectors/. boto3 is not: only its botocore signs and finds credentials."""

DEPENDENCIES = {"botocore": ("jmespath", "python-dateutil", "urllib3"), "jinja2": ("markupsafe",)}
"""Of those; the archive's test imports all of it, so that one that is missing here shows."""


_ENGINE: Dict[str, str] = {
    "python_version": PYTHON,
    "python_full_version": f"{PYTHON}.21",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "implementation_name": "cpython",
}
"""As markers call it; `evaluate` takes what is not here from this machine."""


class Pin(NamedTuple):
    name: str
    """Normalized."""
    version: str

    def __str__(self) -> str:
        return f"{self.name}=={self.version}"


def shipped() -> Set[str]:
    wanted = {*NEEDED, *(name for one in NEEDED for name in DEPENDENCIES.get(one, ()))}
    return wanted - PROVIDED


def pins(lock: Path) -> List[Pin]:
    """The lock's versions of what is shipped, for that Python. Raises BuildError if one is missing."""
    locked = {pin.name: pin for pin in read(lock.read_text().splitlines())}
    missing = sorted(shipped() - set(locked))
    if missing:
        raise BuildError(f"{lock}: has no {', '.join(missing)} for Python {PYTHON}; run make lock")
    return [locked[name] for name in sorted(shipped())]


def read(lines: Iterable[str]) -> Iterator[Pin]:
    """`name==version ; marker`, as uv writes them. Markers are decided for the engine, not this machine."""
    for line in lines:
        if not re.match(r"\w", line):
            continue
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate(_ENGINE):
            version = str(requirement.specifier).lstrip("=")
            yield Pin(canonicalize_name(requirement.name), version)
