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
    found: Dict[str, Any] = {"logs": str(stack.home.logs)}
    if stack.source:
        found["source"] = {"endpoint": stack.source.address, "region": REGION, "note": stack.source.note}
    if stack.standin:
        found["polardb"] = {"endpoint": stack.standin.address}
    if stack.postgres:
        found["postgres"] = {"dsn": stack.postgres.address, "passfile": str(stack.postgres.passfile)}
    if stack.mongodb:
        found["mongodb"] = {"uri": stack.mongodb.address}
    if stack.flink:
        found["flink"] = {"address": stack.flink.address, "conf": stack.flink.env()["FLINK_CONF_DIR"]}
    return found


def variables(stack: Stack) -> Dict[str, str]:
    """The environment that `flink run -py jobs/NAME.py`, psql and the jobs need."""
    found: Dict[str, str] = {}
    if stack.source:
        found["SOURCE_ENDPOINT"] = stack.source.address
        found.update(POLARSHAKE_DYNAMODB_AK=ACCESS_KEY, POLARSHAKE_DYNAMODB_SK=SECRET_KEY)
    if stack.standin:
        found["POLARDB_ENDPOINT"] = stack.standin.address
        found["POLARSHAKE_POLARDB_AK"] = stack.standin.access_key
        found["POLARSHAKE_POLARDB_SK"] = stack.standin.secret_key.reveal()
    if stack.postgres:
        found.update(stack.postgres.env())
        found["POLARSHAKE_POLARDB_USERNAME"] = stack.postgres.user
        found["POLARSHAKE_POLARDB_PASSWORD"] = stack.postgres.password.reveal()
    if stack.mongodb:
        found["POLARSHAKE_MONGODB_URI"] = stack.mongodb.address
    if stack.flink:
        found.update(stack.flink.env())
    return found


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
    found = json.loads(stack_file(home).read_text())
    rows = [
        ("source (DynamoDB)", found.get("source", {}).get("endpoint")),
        ("PolarDB stand-in", found.get("polardb", {}).get("endpoint")),
        ("MongoDB", found.get("mongodb", {}).get("uri")),
        ("PostgreSQL", found.get("postgres", {}).get("dsn")),
        ("Flink UI", found.get("flink", {}).get("address")),
        ("logs", found["logs"]),
    ]
    lines = [f"  {name:<20}{value}" for name, value in rows if value]
    note = found.get("source", {}).get("note")
    lines += [f"  note: {note}"] if note else []
    lines += ["", "To use the stack from a shell:", f"  . {env_file(home)}"]
    lines += ["  flink run -d -py jobs/forward.py --config application.yaml"] if "flink" in found else []
    return "\n".join(lines)
