"""The addresses of the running stack: `.local/stack.json` for programs, `.local/env.sh` for shells."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any, Dict

from local.stack.flink.config import flink_home
from local.stack.home import Home
from local.stack.private import write_private
from local.stack.source import ACCESS_KEY, REGION, SECRET_KEY
from local.stack.whole import Stack


def addresses(stack: Stack) -> Dict[str, Any]:
    """Addresses only. Secrets are in `env.sh` and in the password file named here."""
    endpoints: Dict[str, Any] = {"logs": str(stack.home.logs)}
    if stack.source:
        endpoints["source"] = {"endpoint": stack.source.address, "region": REGION, "note": stack.source.note}
    if stack.standin:
        endpoints["polardb"] = {"endpoint": stack.standin.address}
    if stack.postgres:
        endpoints["postgres"] = {"dsn": stack.postgres.address, "passfile": str(stack.postgres.passfile)}
    if stack.mongodb:
        endpoints["mongodb"] = {"uri": stack.mongodb.address}
    if stack.flink:
        endpoints["flink"] = {"address": stack.flink.address, "conf": stack.flink.env()["FLINK_CONF_DIR"]}
    return endpoints


def variables(stack: Stack) -> Dict[str, str]:
    """The environment that `flink run -py jobs/NAME.py`, psql and the jobs need."""
    env: Dict[str, str] = {}
    if stack.source:
        env["SOURCE_ENDPOINT"] = stack.source.address
        env.update(POLARSHAKE_DYNAMODB_AK=ACCESS_KEY, POLARSHAKE_DYNAMODB_SK=SECRET_KEY)
    if stack.standin:
        env["POLARDB_ENDPOINT"] = stack.standin.address
        env["POLARSHAKE_POLARDB_AK"] = stack.standin.access_key
        env["POLARSHAKE_POLARDB_SK"] = stack.standin.secret_key.reveal()
    if stack.postgres:
        env.update(stack.postgres.env())
        env["POLARSHAKE_POLARDB_USERNAME"] = stack.postgres.user
        env["POLARSHAKE_POLARDB_PASSWORD"] = stack.postgres.password.reveal()
    if stack.mongodb:
        env["POLARSHAKE_MONGODB_URI"] = stack.mongodb.address
    if stack.flink:
        env.update(stack.flink.env(), POLARSHAKE_FLINK=stack.flink.address)
    return env


def save(stack: Stack) -> None:
    """Write both files, readable by their owner only: env.sh contains the passwords of the local servers."""
    write_private(stack_file(stack.home), json.dumps(addresses(stack), indent=2) + "\n")
    lines = [f"export {key}={shlex.quote(value)}" for key, value in variables(stack).items()]
    path = f"{Path(sys.executable).parent}:{flink_home() / 'bin'}"
    write_private(env_file(stack.home), "\n".join([*lines, f'export PATH={shlex.quote(path)}:"$PATH"', ""]))


def forget(home: Home) -> None:
    for file in (stack_file(home), env_file(home)):
        file.unlink(missing_ok=True)


def stack_file(home: Home) -> Path:
    return home.root / "stack.json"


def env_file(home: Home) -> Path:
    return home.root / "env.sh"


def text(home: Home) -> str:
    """The addresses and the next commands, for the user."""
    stored = json.loads(stack_file(home).read_text())
    rows = [
        ("source (DynamoDB)", stored.get("source", {}).get("endpoint")),
        ("PolarDB stand-in", stored.get("polardb", {}).get("endpoint")),
        ("MongoDB", stored.get("mongodb", {}).get("uri")),
        ("PostgreSQL", stored.get("postgres", {}).get("dsn")),
        ("Flink UI", stored.get("flink", {}).get("address")),
        ("logs", stored["logs"]),
    ]
    lines = [f"  {name:<20}{value}" for name, value in rows if value]
    note = stored.get("source", {}).get("note")
    lines += [f"  note: {note}"] if note else []
    lines += ["", "To use the stack from a shell:", f"  . {env_file(home)}"]
    lines += ["  polarshake status     # its POLARSHAKE_FLINK is set"] if "flink" in stored else []
    lines += ["Tables, items and jobs: docs/quickstart.md, section Use the local stack"]
    return "\n".join(lines)
