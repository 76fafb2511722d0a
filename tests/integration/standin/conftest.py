"""A PostgreSQL and stand-ins on free ports, for one test process."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path
from typing import Any, Awaitable, Callable, Dict, Iterator, List

import asyncpg
import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local.standin.database import DATABASE

BINARIES = Path("/usr/lib/postgresql/15/bin")
ACCESS_KEY, SECRET_KEY = "dynamo_account", "generated/key+of=the&account"
ROOT = Path(__file__).parents[3]
# No crash of the machine is tested here, so nothing waits for a disk.
UNSAFE_AND_FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_connections=50")

StandinFactory = Callable[..., str]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def as_postgres() -> List[str]:
    """initdb and postgres refuse to run as root."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]


@pytest.fixture(scope="session")
def dsn() -> Iterator[str]:
    """A new cluster with logical decoding on; its database does not exist yet."""
    folder = Path(tempfile.mkdtemp(prefix="standin-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    run = [*as_postgres(), str(BINARIES / "initdb"), "-D", str(folder / "data"), "-U", "postgres"]
    subprocess.run([*run, "-A", "trust", "-E", "UTF8", "--no-sync"], check=True, stdout=subprocess.DEVNULL)
    port = free_port()
    settings = ["listen_addresses=127.0.0.1", f"port={port}", f"unix_socket_directories={folder}"]
    settings += ["wal_level=logical", *UNSAFE_AND_FAST]
    control = [*as_postgres(), str(BINARIES / "pg_ctl"), "-D", str(folder / "data"), "-w"]
    options = " ".join(f"-c {setting}" for setting in settings)
    log = ["-l", str(folder / "log"), "-o", options]
    subprocess.run([*control, *log, "start"], check=True, stdout=subprocess.DEVNULL)
    yield f"postgresql://postgres@127.0.0.1:{port}/"
    subprocess.run([*control, "-m", "immediate", "stop"], check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(folder)


def start_standin(dsn: str, *switches: str, **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "local.standin", "--port", "0", "--dsn", dsn]
    for switch in switches:
        command += ["--switch", switch]
    keys = {"STANDIN_ACCESS_KEY": ACCESS_KEY, "STANDIN_SECRET_KEY": SECRET_KEY}
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **keys, **environment},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def url_of(process: subprocess.Popen[str]) -> str:
    """Waits until the stand-in listens."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert "listening on" in line, process.stderr and process.stderr.read()
    return line.split()[-1]


@pytest.fixture(scope="session")
def standin(dsn: str) -> Iterator[StandinFactory]:
    """`standin("name=off", ...)` gives the address of a stand-in with these switches, started once."""
    processes: Dict[Any, Any] = {}

    def start(*switches: str) -> str:
        if switches not in processes:
            process = start_standin(dsn, *switches)
            processes[switches] = process, url_of(process)
        return str(processes[switches][1])

    yield start
    for process, _ in processes.values():
        process.terminate()
        assert process.wait(120) == 0
        # Whatever a test did, no failure may go unexplained or leave a trace in the log.
        assert SECRET_KEY not in process.stderr.read()


def client_of(url: str, access_key: str = ACCESS_KEY, secret_key: str = SECRET_KEY) -> Any:
    return boto3.client(
        "dynamodb",
        endpoint_url=url,
        region_name="cn-anywhere-7",
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=Config(retries={"total_max_attempts": 1}, parameter_validation=False, max_pool_connections=50),
    )


@pytest.fixture
def client(standin: StandinFactory) -> Any:
    """A boto3 client of a stand-in with all switches as PolarDB."""
    return client_of(standin())


def make_table(client: Any, hash_kind: str = "S", range_kind: str = "", **extra: Any) -> str:
    """A new table with keys pk and, where it has a kind, sk."""
    name = f"t-{uuid.uuid4().hex[:12]}"
    keys = [("pk", "HASH", hash_kind)] + ([("sk", "RANGE", range_kind)] if range_kind else [])
    attributes = [{"AttributeName": name, "AttributeType": kind} for name, _, kind in keys]
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": name, "KeyType": role} for name, role, _ in keys],
        AttributeDefinitions=attributes + extra.pop("attributes", []),
        BillingMode="PAY_PER_REQUEST",
        **extra,
    )
    return name


def put_all(client: Any, table: str, items: List[Dict[str, Any]]) -> None:
    for start in range(0, len(items), 25):
        puts = [{"PutRequest": {"Item": item}} for item in items[start : start + 25]]
        assert client.batch_write_item(RequestItems={table: puts})["UnprocessedItems"] == {}


def scan_all(client: Any, table: str, **parameters: Any) -> List[Dict[str, Any]]:
    pages = client.get_paginator("scan").paginate(TableName=table, **parameters)
    return [item for page in pages for item in page["Items"]]


def refused(call: Any, **parameters: Any) -> str:
    """Code and message of the error with which the call must fail."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return f"{error['Code']}: {error['Message']}"


def asyncpg_run(dsn: str, work: Callable[[Any], Awaitable[Any]]) -> Any:
    """The result of `work` with a new connection to the stand-in's database."""

    async def run() -> Any:
        connection = await asyncpg.connect(dsn, database=DATABASE)
        try:
            return await work(connection)
        finally:
            await connection.close()

    return asyncio.run(run())
