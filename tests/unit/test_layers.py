"""Which package may import which, and that names stay plain: the map in CONTRIBUTING.md, held.

A room is a package of `connectors/`, or one of `ROOMS` inside one. A new arrow between two rooms needs an
entry in `MAY_IMPORT`; think first whether what both need belongs in `model` or `base`.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Set, Tuple

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("engine/flink", "check/report", "targets/preflight", "targets/dynamodb_api", "targets/mongodb")
FLOOR = {"base", "config", "dynamodb", "model"}
MAY_IMPORT: Dict[str, Set[str]] = {
    "base": set(),
    "config": {"base"},
    "storage": {"base", "config"},
    "model": {"base", "storage"},
    "dynamodb": {"base", "config", "model", "storage"},
    "postgres": {"base", "config", "model"},
    "engine": {"base", "dynamodb", "model"},
    "engine/flink": {"base", "config", "engine", "model"},
    "targets": {"config", "dynamodb", "model", "targets/preflight"},
    "targets/preflight": FLOOR,
    "targets/dynamodb_api": FLOOR | {"targets", "targets/preflight"},
    "targets/mongodb": FLOOR | {"targets", "targets/preflight", "targets/dynamodb_api"},
    "check/report": {"base", "config", "model", "storage"},
    "check": FLOOR
    | {"check/report", "engine", "engine/flink", "postgres", "storage", "targets", "targets/preflight"},
    "notify": {"base", "config", "model", "storage"},
    "forward": FLOOR | {"engine", "notify", "storage", "targets", "targets/preflight"},
    "reverse": FLOOR | {"engine", "engine/flink", "postgres", "storage"},
    "command": FLOOR
    | {
        *("check", "check/report", "engine", "forward", "notify", "postgres", "reverse", "storage"),
        *("targets", "targets/preflight"),
    },
}
EXCEPTIONS = {
    # The one place that knows every target.
    ("connectors/targets/open.py", "targets/dynamodb_api"),
    ("connectors/targets/open.py", "targets/mongodb"),
    # The source of a check speaks the protocol, whatever its target does.
    ("connectors/check/validate.py", "targets/dynamodb_api"),
    ("connectors/command/doctor/check.py", "targets/dynamodb_api"),
}
OUTSIDE = ("bench", "deploy", "local", "tests")
TREES = {
    path.relative_to(ROOT).as_posix(): ast.parse(path.read_text())
    for top in ("connectors", "jobs")
    for path in sorted((ROOT / top).rglob("*.py"))
}


class Import(NamedTuple):
    path: str
    """Path of the importing file."""
    module: str


def read_imports() -> Iterator[Import]:
    """With a name that is itself a module in full: `from connectors.base import durable`."""
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from (Import(path, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield from (Import(path, f"{node.module}.{alias.name}") for alias in node.names)


IMPORTS = list(read_imports())


def room_of(path: str) -> str:
    """`path` below connectors/, with slashes: of a file, a package or a name in a module."""
    within = [room for room in ROOMS if path.startswith(room + "/")]
    return within[0] if within else path.split("/", 1)[0]


def arrows() -> Iterator[Tuple[str, str, str]]:
    """File, its room, and the room it imports from."""
    for path, module in IMPORTS:
        if path.startswith("connectors/") and module.startswith("connectors."):
            room = room_of(path[len("connectors/") :])
            other = room_of(module[len("connectors.") :].replace(".", "/"))
            if room != other and (path, other) not in EXCEPTIONS and "/" in path[len("connectors/") :]:
                yield path, room, other


def test_a_package_imports_only_packages_of_lower_layers() -> None:
    wrong = {f"{path} imports {other}" for path, room, other in arrows() if other not in MAY_IMPORT[room]}
    assert not wrong


def test_no_permission_is_left_over() -> None:
    used: Dict[str, Set[str]] = defaultdict(set)
    for _, room, other in arrows():
        used[room].add(other)
    assert {room: allowed - used[room] for room, allowed in MAY_IMPORT.items() if allowed - used[room]} == {}


def test_the_layers_have_no_cycle() -> None:
    """No two packages need each other, directly or through others."""
    below = {room: set(others) for room, others in MAY_IMPORT.items()}
    while below:
        lowest = {room for room, others in below.items() if not others & below.keys()}
        assert lowest, f"a cycle among {sorted(below)}"
        below = {room: others for room, others in below.items() if room not in lowest}


def test_only_files_called_flink_import_pyflink() -> None:
    allowed = {"connectors/check/flink.py", "connectors/reverse/flink.py"}
    found = {path for path, module in IMPORTS if module.split(".")[0] in ("pyflink", "py4j")}
    assert {p for p in found if not p.startswith("connectors/engine/flink/")} <= allowed


@pytest.mark.parametrize("outside", OUTSIDE)
def test_the_product_imports_only_packages_that_are_shipped(outside: str) -> None:
    assert not [path for path, module in IMPORTS if module.split(".")[0] == outside]


def test_no_class_name_is_used_twice() -> None:
    places: Dict[str, List[str]] = defaultdict(list)
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(path)
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def names_of(tree: ast.AST) -> Iterator[str]:
    """Of variables and parameters. The fields of a class are read with the name of the class before them."""
    fields: Set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            fields.update(id(line.target) for line in node.body if isinstance(line, ast.AnnAssign))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and id(node) not in fields:
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg


def test_variables_are_named_after_what_they_hold() -> None:
    vague = {"found", "one", "ours", "theirs"}
    used = {path: vague & set(names_of(tree)) for path, tree in TREES.items()}
    assert {path: names for path, names in used.items() if names} == {}
