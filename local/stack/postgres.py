"""A PostgreSQL server, ready for logical replication, on loopback TCP only."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Dict, List, Mapping, Optional

import psutil
import psycopg2

from connectors.base.secret import Secret
from local.stack.errors import StackError
from local.stack.home import Home
from local.stack.installation import Installation, choose
from local.stack.private import write_private
from local.stack.privilege import identity, own_folder, reachable, unprivileged
from local.stack.process import MARK
from local.stack.server import Server

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "wal_level": "logical",
    "max_replication_slots": "20",
    "max_wal_senders": "20",
    "max_connections": "200",
}


class Postgres(Server):
    """`settings` overrides postgresql.conf."""

    stop_signal = signal.SIGINT  # "fast": SIGTERM would wait for clients to leave
    host, user, database = "127.0.0.1", "postgres", "postgres"

    def __init__(
        self,
        home: Home,
        installation: Optional[Installation] = None,
        settings: Optional[Mapping[str, str]] = None,
        name: str = "postgres",
    ) -> None:
        super().__init__(home, name)
        self.installation = installation or choose()
        self.password = Secret(secrets.token_urlsafe(18))
        self._settings = {**_SETTINGS, **(settings or {})}
        self._runs_as = unprivileged()
        self._binaries = self.installation.folder
        self._folder: Optional[Path] = None

    @property
    def address(self) -> str:
        """A DSN without password: libpq and asyncpg read it from `passfile`, which `env()` names."""
        return f"postgresql://{self.user}@{self.host}:{self.port}/{self.database}"

    @property
    def dsn(self) -> str:
        """The DSN with password, for a client in this process. Never log it or pass it as an argument."""
        return self.address.replace("@", f":{self.password.reveal()}@", 1)

    @property
    def passfile(self) -> Path:
        """The password file in libpq's format, readable by its owner only."""
        return self.home.run / f"{self.name}.pgpass"

    def env(self) -> Dict[str, str]:
        """The environment in which libpq's clients (psql, psycopg2) and asyncpg connect without arguments."""
        return {
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGUSER": self.user,
            "PGDATABASE": self.database,
            "PGPASSFILE": str(self.passfile),
        }

    def start(self) -> None:
        """Start the server. The first start of this object creates an empty database; later ones keep it."""
        if self._folder is None:
            self._folder = own_folder(self.home.data / self.name, self._runs_as)
            self._initdb(self._folder)
            write_private(self.passfile, f"{self.host}:{self.port}:*:{self.user}:{self.password.reveal()}\n")
        elif self.process() is None:
            self._wait_left_behind()
        options = [part for key, value in self._settings.items() for part in ("-c", f"{key}={value}")]
        command = [
            self._binary("postgres"),
            "-D",
            str(self._folder / "pgdata"),
            "-p",
            str(self.port),
            *options,
        ]
        self.spawn(command, {}, self._folder, **identity(self._runs_as))

    def processes(self) -> List[psutil.Process]:
        """All processes, including the children of a killed server. These have no mark, because PostgreSQL
        overwrites their environment with titles. They are found by their working directory."""
        known = {process.pid: process for process in super().processes()}
        if self._folder is not None:
            known.update({each.pid: each for each in _working_in(self._folder / "pgdata")})
        return list(known.values())

    def ready(self) -> bool:
        try:
            psycopg2.connect(self.dsn, connect_timeout=2).close()
        except psycopg2.OperationalError:
            return False
        return True

    def _wait_left_behind(self) -> None:
        """Wait for the children of a killed server, which end a moment after it. While one of them is
        attached to the shared memory, a new server refuses to start."""
        deadline = time.monotonic() + self.grace
        while left := self.processes():
            if time.monotonic() > deadline:
                pids = ", ".join(str(each.pid) for each in left)
                raise StackError(
                    f"{self.name}: processes {pids} of the killed server still run after {self.grace:g} s"
                )
            time.sleep(0.05)

    def _initdb(self, folder: Path) -> None:
        if not reachable(self._binaries, self._runs_as):
            shutil.copytree(self._binaries.parent, folder / "binaries", symlinks=True)
            self._binaries = folder / "binaries" / "bin"
        given = folder / "password"
        write_private(given, self.password.reveal(), self._runs_as)
        command = [self._binary("initdb"), "-D", str(folder / "pgdata"), "-U", self.user]
        command += [f"--pwfile={given}", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync"]
        self._run(command, folder)
        given.unlink()

    def _run(self, command: List[str], cwd: Path) -> None:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=cwd,
            env={**os.environ, MARK: self.mark},
            **identity(self._runs_as),
        )
        if done.returncode != 0:
            raise StackError(f"{command[0]} failed with exit code {done.returncode}:\n{done.stdout}")

    def _binary(self, name: str) -> str:
        return str(self._binaries / name)


def _working_in(folder: Path) -> List[psutil.Process]:
    """Processes whose working directory is `folder`. Those of other users cannot be read and are left out."""
    processes, wanted = [], str(folder.resolve())
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.cwd() == wanted:
                processes.append(process)
    return processes
