"""The command polarshake with the local stack, in this process, with the arguments that a user types."""

from __future__ import annotations

import json
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple

import pytest
from botocore.credentials import Credentials
from click.testing import CliRunner

from connectors.command.app import polarshake
from local.stack.postgres import Postgres
from local.stack.source import ACCESS_KEY, SECRET_KEY, Source
from local.stack.standin import StandIn
from local.traffic import Client
from tests.integration.forward.tables import Sides
from tests.integration.reverse.pair import DatabasePair

Sets = Dict[str, Any]


class DoctorReport(NamedTuple):
    """The doctor's output."""

    exit_code: int
    lines: List[Dict[str, str]]
    output: str

    def of(self, level: str) -> List[str]:
        return [line["text"] for line in self.lines if line["level"] == level]

    @property
    def red(self) -> List[str]:
        return self.of("red")

    @property
    def yellow(self) -> List[str]:
        return self.of("yellow")

    @property
    def green(self) -> List[str]:
        return self.of("green")


def run(arguments: List[str], sets: Sets, environ: Dict[str, Any]) -> Any:
    words = [f"--set={name.replace('__', '.')}={value}" for name, value in sets.items()]
    return CliRunner().invoke(polarshake, ["doctor", *arguments, *words], env=environ)


def ask(arguments: List[str], sets: Sets, environ: Dict[str, Any]) -> DoctorReport:
    """Run the doctor with --json."""
    done = run(["--json", *arguments], sets, environ)
    assert done.exit_code in (0, 1), done.output
    secrets = [value for name, value in environ.items() if value and name[-3:] in ("_SK", "ORD")]
    assert not any(len(secret) > 5 and secret in done.output for secret in secrets)
    lines = json.loads(done.output)["lines"]
    assert done.exit_code == int(any(line["level"] == "red" for line in lines))
    return DoctorReport(done.exit_code, lines, done.output)


@pytest.fixture
def sides(source: Source, standin: StandIn) -> Iterator[Sides]:
    made = Sides(
        Client(source.address, Credentials(ACCESS_KEY, SECRET_KEY)),
        Client(standin.address, Credentials(standin.access_key, standin.secret_key.reveal())),
        f"t{uuid.uuid4().hex[:8]}",
    )
    yield made
    made.source.close()
    made.target.close()


@pytest.fixture
def pair(postgres: Postgres, sides: Sides) -> Iterator[DatabasePair]:
    made = DatabasePair(postgres, sides.source, sides.prefix)
    yield made
    made.drop()


@pytest.fixture
def environ(source: Source, standin: StandIn) -> Dict[str, Any]:
    return {
        "POLARSHAKE_DYNAMODB_AK": ACCESS_KEY,
        "POLARSHAKE_DYNAMODB_SK": SECRET_KEY,
        "POLARSHAKE_POLARDB_AK": standin.access_key,
        "POLARSHAKE_POLARDB_SK": standin.secret_key.reveal(),
    }


@pytest.fixture
def sets(source: Source, standin: StandIn, sides: Sides, tmp_path: Path) -> Sets:
    """Settings of the forward and the check job, for this test's tables."""
    return {
        "dynamodb.endpoint": source.address,
        "dynamodb.region": "us-east-1",
        "polardb.endpoint": standin.address,
        "filter.whiteTableSet": f"{sides.prefix}*",
        "deadLetter.path": str(tmp_path),
    }


@pytest.fixture
def doctor(sets: Sets, environ: Dict[str, Any]) -> Callable[..., DoctorReport]:
    """A function that runs the doctor. It takes arguments, and keys of application.yaml with `__` for
    dots."""

    def look(*arguments: str, **more: Any) -> DoctorReport:
        changed = {name.replace("__", "."): value for name, value in more.items()}
        return ask(list(arguments), {**sets, **changed}, environ)

    return look


@pytest.fixture
def flink() -> Iterator[Callable[..., str]]:
    """A function that starts a server with a JobManager's answers by path, for a given version."""
    running: List[ThreadingHTTPServer] = []

    def serve(version: str, slots: int = 4, **settings: str) -> str:
        listed = [{"key": name.replace("__", "."), "value": value} for name, value in settings.items()]
        answers = {
            "/config": {"refresh-interval": 3000, "flink-version": version},
            "/overview": {"taskmanagers": 1, "slots-total": slots, "flink-version": version},
            "/jobmanager/config": listed,
        }

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps(answers[self.path]).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: Any) -> None:
                pass

        running.append(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=running[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{running[-1].server_port}"

    yield serve
    for server in running:
        server.shutdown()
        server.server_close()
