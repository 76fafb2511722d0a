"""The packages that are shipped, because the engine lacks them."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Iterator

import pytest

from deploy.vvr.errors import BuildError
from deploy.vvr.needs import NEEDED, Pin, pins, read, shipped
from deploy.vvr.platform import PROVIDED, runs_there

ROOT = Path(__file__).parents[3]
COMMAND = ROOT / "connectors" / "command"
"""The command, which no job imports."""
MODULES = {"psycopg2-binary": ["psycopg2"], "pyyaml": ["yaml"], "pymongo": ["pymongo", "bson"]}


def modules() -> Iterator[str]:
    files = (file for package in ("connectors", "jobs") for file in (ROOT / package).rglob("*.py"))
    for file in files:
        if COMMAND in file.parents:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                yield from (name.name for name in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module


def test_no_job_imports_the_command():
    assert not [name for name in modules() if name.startswith("connectors.command")]


@pytest.mark.skipif(sys.version_info < (3, 10), reason="sys.stdlib_module_names came with 3.10")
def test_every_package_that_the_jobs_import_is_shipped_or_on_the_engine():
    known = {"connectors", "jobs", "pyflink"}
    foreign = {name.split(".")[0] for name in modules()} - set(sys.stdlib_module_names) - known  # type: ignore[attr-defined]
    known = {module for name in {*NEEDED, *PROVIDED} for module in MODULES.get(name, [name])}
    assert foreign - known == set()


def test_packages_of_the_engine_and_urllib3_are_not_shipped():
    assert shipped() == {
        "botocore",
        "jinja2",
        "jmespath",
        "markupsafe",
        "msgspec",
        "psycopg2-binary",
        "pyyaml",
    }
    assert "urllib3" not in shipped()


def test_the_versions_are_those_of_the_lock_for_python_3_9():
    found = {pin.name: pin.version for pin in pins(ROOT / "requirements.lock")}
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    assert set(found) == shipped()
    assert f"botocore=={found['botocore']} ; python_full_version < '3.10'" in lines


def test_markers_are_decided_for_the_engine_and_not_for_this_machine():
    lines = [
        "a==1 ; python_full_version < '3.10'",
        "a==2 ; python_full_version >= '3.10'",
        "b==3 ; sys_platform == 'win32'",
        "c-d==4",
        "# e==5",
        "",
    ]
    assert list(read(lines)) == [Pin("a", "1"), Pin("c-d", "4")]


def test_a_package_that_is_not_locked_is_named(tmp_path):
    lock = tmp_path / "requirements.lock"
    lock.write_text("msgspec==0.20.0\n")
    with pytest.raises(BuildError, match=r"botocore, jinja2, .* run make lock"):
        pins(lock)


@pytest.mark.parametrize(
    "wheel",
    [
        "botocore-1.42.97-py3-none-any.whl",
        "six-1.17.0-py2.py3-none-any.whl",
        "msgspec-0.20.0-cp39-cp39-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
        "a-1-cp39-cp39-manylinux_2_31_x86_64.whl",
        "b-1-cp38-abi3-manylinux_2_28_x86_64.whl",
    ],
)
def test_a_wheel_for_python_3_9_and_glibc_2_31_or_older_runs_there(wheel):
    assert runs_there(wheel)


@pytest.mark.parametrize(
    "wheel",
    [
        "a-1-cp39-cp39-manylinux_2_32_x86_64.whl",
        "a-1-cp310-cp310-manylinux_2_17_x86_64.whl",
        "a-1-cp39-cp39-manylinux_2_17_aarch64.whl",
        "a-1-cp39-cp39-musllinux_1_2_x86_64.whl",
        "a-1-cp39-cp39-macosx_11_0_arm64.whl",
        "a-1-py2-none-any.whl",
    ],
)
def test_a_wheel_for_anything_else_does_not(wheel):
    assert not runs_there(wheel)
