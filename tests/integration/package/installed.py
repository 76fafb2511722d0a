"""The packages of this environment, for another one: no test needs a package index, or a second Flink."""

from __future__ import annotations

import csv
import io
import sys
import zipfile
from importlib.metadata import Distribution, PackagePath
from pathlib import Path
from typing import Dict, Iterable, List

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPLACED = {"crcmod": "crcmod-plus"}
"""Packages that apache-beam requires, and the packages that replace them: see requirements/overrides.txt."""


HERE = f"cp{sys.version_info[0]}{sys.version_info[1]}-none-any"
"""A wheel tag that this interpreter accepts. Installed packages run here, whatever the tags of their
wheels."""


def needed(requirements: Iterable[str], extra: str = "") -> Dict[str, Distribution]:
    """The distributions that satisfy these requirements, and what those need in turn, by name."""
    found: Dict[str, Distribution] = {}
    waiting = [(line, extra) for line in requirements]
    while waiting:
        line, chosen = waiting.pop()
        requirement = Requirement(line)
        name = REPLACED.get(requirement.name, canonicalize_name(requirement.name))
        if name in found or not applies(requirement, chosen):
            continue
        found[name] = Distribution.from_name(name)
        waiting += [(each, "") for each in found[name].requires or []]
    return found


def applies(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def files_of(distribution: Distribution) -> List[PackagePath]:
    """The files of a distribution in site-packages, as in its wheel."""
    left_out = {"INSTALLER", "REQUESTED", "direct_url.json"}
    return [
        file
        for file in distribution.files or []
        if file.parts[0] != ".." and file.suffix != ".pyc" and file.name not in left_out
    ]


def as_wheel(distribution: Distribution, folder: Path) -> Path:
    """A wheel of an installed distribution, without scripts, for this interpreter only."""
    files = files_of(distribution)
    info = next(file.parts[0] for file in files if file.parts[0].endswith(".dist-info"))
    path = folder / f"{info[: -len('.dist-info')]}-{HERE}.whl"
    record = f"{info}/RECORD"
    with zipfile.ZipFile(path, "w") as archive:
        for file in files:
            if str(file) != record:
                archive.write(file.locate(), str(file))
        archive.writestr(record, record_of(distribution, {str(file) for file in files}))
    return path


def record_of(distribution: Distribution, kept: Iterable[str]) -> str:
    written = io.StringIO()
    rows = csv.reader((distribution.read_text("RECORD") or "").splitlines())
    csv.writer(written).writerows(row for row in rows if row[0] in kept)
    return written.getvalue()


def link(distribution: Distribution, site_packages: Path) -> None:
    """Make a distribution and its metadata importable in another environment without copying it."""
    for name in {file.parts[0] for file in files_of(distribution)} - {"__pycache__"}:
        if not (site_packages / name).exists():
            (site_packages / name).symlink_to(Path(str(distribution.locate_file(name))))
