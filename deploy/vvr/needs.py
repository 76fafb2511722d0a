"""The packages that the jobs need and the engine lacks, with the versions of the lock."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, NamedTuple, Set

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.vvr.errors import BuildError
from deploy.vvr.platform import PROVIDED, PYTHON

NEEDED = ("botocore", "jinja2", "msgspec", "psycopg2-binary", "pyyaml")
"""Packages that connectors/ imports. boto3 is not one of them: botocore signs requests and finds
credentials."""

DEPENDENCIES = {"botocore": ("jmespath", "python-dateutil", "urllib3"), "jinja2": ("markupsafe",)}
"""Dependencies of those packages. The archive's test imports everything, and fails if one is missing here."""


_ENGINE: Dict[str, str] = {
    "python_version": PYTHON,
    "python_full_version": f"{PYTHON}.21",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "implementation_name": "cpython",
}
"""The environment for markers. `evaluate` takes values that are not set here from this machine."""


class Pin(NamedTuple):
    name: str
    """Normalized."""
    version: str

    def __str__(self) -> str:
        return f"{self.name}=={self.version}"


def shipped() -> Set[str]:
    wanted = {*NEEDED, *(name for package in NEEDED for name in DEPENDENCIES.get(package, ()))}
    return wanted - PROVIDED


def pins(lock: Path) -> List[Pin]:
    """The versions of the shipped packages in the lock, for the engine's Python. Raises BuildError if one is
    missing."""
    locked = {pin.name: pin for pin in read(lock.read_text().splitlines())}
    missing = sorted(shipped() - set(locked))
    if missing:
        raise BuildError(f"{lock}: has no {', '.join(missing)} for Python {PYTHON}; run make lock")
    return [locked[name] for name in sorted(shipped())]


def read(lines: Iterable[str]) -> Iterator[Pin]:
    """Pins from lines `name==version ; marker`, as uv writes them. Markers are evaluated for the engine."""
    for line in lines:
        if not re.match(r"\w", line):
            continue
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate(_ENGINE):
            version = str(requirement.specifier).lstrip("=")
            yield Pin(canonicalize_name(requirement.name), version)
