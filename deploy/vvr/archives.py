"""The two archives that are uploaded: the project's code, and the packages that the engine lacks."""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path, PurePath, PurePosixPath
from typing import Dict, Iterator, List, Sequence, Tuple

from deploy.vvr.errors import BuildError
from deploy.vvr.needs import Pin
from deploy.vvr.platform import PYTHON, platforms, runs_there

CODE = "polarshake.zip"
DEPENDENCIES = "dependencies.zip"
PACKAGES = ("connectors", "jobs")
LEFT_OUT = PurePath("connectors", "command")
"""The command, which runs elsewhere and needs packages that the engine does not need."""
CONFIGURATION = "application.yaml"

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip file can store."""

ENTRY = """\
from runpy import run_module

if __name__ == "__main__":
    run_module("jobs.{job}", run_name="__main__")
"""

Entries = Dict[str, bytes]
"""Contents by path in the archive."""


def code(project: Path) -> Entries:
    """connectors/ and jobs/ with their data files, the configuration, and an entry module for each job."""
    files = [file for package in PACKAGES for file in (project / package).rglob("*") if file.is_file()]
    command = project / LEFT_OUT
    kept = [file for file in files if "__pycache__" not in file.parts and command not in file.parents]
    kept.append(project / CONFIGURATION)
    entries = {file.relative_to(project).as_posix(): file.read_bytes() for file in kept}
    jobs = [file.stem for file in kept if file.parent == project / "jobs" and file.suffix == ".py"]
    return {**entries, **entries_of(jobs)}


def entries_of(modules: Sequence[str]) -> Entries:
    """The entry modules, which the vendor's documentation requires at the root of the archive."""
    jobs = (name for name in modules if name != "__init__")
    return {f"{job}.py": ENTRY.format(job=job).encode() for job in jobs}


def dependencies(pins: Sequence[Pin]) -> Entries:
    """The packages, at the root of the archive: Flink unpacks a zip file of Python libraries and adds its
    root to the PYTHONPATH. Raises BuildError."""
    with tempfile.TemporaryDirectory() as folder:
        entries: Entries = {}
        for wheel in download(pins, Path(folder)):
            entries.update(unpacked(wheel))
        return entries


def download(pins: Sequence[Pin], folder: Path) -> List[Path]:
    """Wheels for the engine's platform, which can differ from this machine's. Raises BuildError."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
    ]
    command += ["--no-deps", "--only-binary", ":all:", "--dest", str(folder)]
    command += ["--implementation", "cp", "--python-version", PYTHON]
    command += [word for abi in ("cp39", "abi3", "none") for word in ("--abi", abi)]
    command += [word for tag in platforms() for word in ("--platform", tag)]
    done = subprocess.run([*command, *map(str, pins)], stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise BuildError(
            f"pip finds no wheel of a locked version for Python {PYTHON}:\n{done.stderr.strip()}"
        )
    wheels = sorted(folder.glob("*.whl"))
    strangers = [wheel.name for wheel in wheels if not runs_there(wheel.name)]
    if strangers or len(wheels) != len(pins):
        raise BuildError(
            f"pip downloaded {strangers or [wheel.name for wheel in wheels]}, which was not requested"
        )
    return wheels


def unpacked(wheel: Path) -> Iterator[Tuple[str, bytes]]:
    """The files of a wheel as an installer places them, without scripts and headers."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            path = PurePosixPath(name)
            if path.parts[0].endswith(".data"):
                if path.parts[1] not in ("purelib", "platlib"):
                    continue
                path = PurePosixPath(*path.parts[2:])
            if not name.endswith("/"):
                yield str(path), archive.read(name)


def zipped(entries: Entries) -> bytes:
    """A zip file of the entries. The same entries give the same bytes."""
    archive_bytes = io.BytesIO()
    with zipfile.ZipFile(archive_bytes, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(entries):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, entries[name])
    return archive_bytes.getvalue()
