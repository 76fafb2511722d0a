"""The DynamoDB of the local stack: MiniStack, the user's DynamoDB Local, or moto if Python is too old."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Dict, List

import urllib3

from local.stack.errors import StackError
from local.stack.home import PROJECT, Home
from local.stack.server import Server

# Any pair works: these servers do not check signatures.
ACCESS_KEY, SECRET_KEY, REGION = "local", "local", "us-east-1"
MOTO_LIMITS = (
    "the source is moto, because MiniStack needs Python 3.10, which was not found. moto does not normalize "
    "numbers (2.50 stays 2.50), accepts batches of 26 items, and scans about 400 items per second"
)


def servers_folder() -> Path:
    """Programs of the separate virtual environment that `make setup` creates; SERVERS_VENV is its folder."""
    return Path(os.environ.get("SERVERS_VENV") or PROJECT / ".venv-servers") / "bin"


def program(name: str) -> str:
    path = servers_folder() / name
    if not path.exists():
        raise StackError(f"{path} is missing. Run `make setup`.")
    return str(path)


class Source(Server):
    """A DynamoDB endpoint with streams, in memory. `note`: limits that the user should know, if any."""

    host, note = "127.0.0.1", ""
    grace = 1.0  # its data is in memory, and it would wait for connections that are kept open

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}"

    def command(self) -> List[str]:
        raise NotImplementedError

    def variables(self) -> Dict[str, str]:
        return {}

    def start(self) -> None:
        self.spawn(self.command(), self.variables(), self.home.data)

    def ready(self) -> bool:
        return answers_list_tables(self.address)


class MiniStack(Source):
    def command(self) -> List[str]:
        return [program("ministack")]

    def variables(self) -> Dict[str, str]:
        return {
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_HOST": self.host,  # only the name in its URLs
            "BIND_HOST": self.host,  # by default it listens on every interface
            "SERVICES": "dynamodb,dynamodbstreams",
            "DOCKER_HOST": "unix:///nonexistent",  # otherwise it searches for containers to clean up
            "LOG_LEVEL": "WARNING",
        }


class Moto(Source):
    note = MOTO_LIMITS

    def command(self) -> List[str]:
        return [program("moto_server"), "-H", self.host, "-p", str(self.port)]


class DynamoDBLocal(Source):
    """Amazon's DynamoDB Local, from a folder that the user has downloaded and whose licence they have
    accepted."""

    def __init__(self, home: Home, folder: Path, name: str = "source") -> None:
        super().__init__(home, name)
        self._folder = folder

    def command(self) -> List[str]:
        if not (self._folder / "DynamoDBLocal.jar").exists():
            raise StackError(f"DYNAMODB_LOCAL: {self._folder} does not contain DynamoDBLocal.jar")
        java = shutil.which("java") or "java"
        return [
            *(java, "-Xmx1g", f"-Djava.library.path={self._folder / 'DynamoDBLocal_lib'}"),
            *("-jar", str(self._folder / "DynamoDBLocal.jar")),
            *("-disableTelemetry", "-inMemory", "-sharedDb", "-port", str(self.port)),
        ]


def source(home: Home, name: str = "source") -> Source:
    """DynamoDB Local if DYNAMODB_LOCAL is set, else MiniStack, else moto with its limits in `note`."""
    folder = os.environ.get("DYNAMODB_LOCAL")
    if folder:
        return DynamoDBLocal(home, Path(folder).resolve(), name)
    if (servers_folder() / "moto_server").exists() and not (servers_folder() / "ministack").exists():
        return Moto(home, name)
    return MiniStack(home, name)


def answers_list_tables(endpoint: str) -> bool:
    """Whether a DynamoDB server responds with any status: a rejected signature also proves that it runs."""
    headers = {
        "X-Amz-Target": "DynamoDB_20120810.ListTables",
        "Content-Type": "application/x-amz-json-1.0",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/20200101/{REGION}/dynamodb/aws4_request, "
        "SignedHeaders=host;x-amz-target, Signature=0",
    }
    try:
        with urllib3.PoolManager() as http:
            answer = http.request("POST", endpoint, body=b"{}", headers=headers, timeout=2.0, retries=False)
    except urllib3.exceptions.HTTPError:
        return False
    return bool(answer.status < 500)
