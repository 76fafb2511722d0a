"""The files for a VVR workspace, without the packages that must be downloaded."""

from __future__ import annotations

import ast
import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import msgspec
import pytest

from connectors.config.arguments import parser
from connectors.config.credentials import SECRET_KEYS
from deploy.vvr.archives import code, entries_of, unpacked, zipped
from deploy.vvr.deployment import JOBS, LONGEST_ARGUMENTS, Deployment, as_json, deployment, main_args
from local.stack.flink.config import QUIET as QUIET_LOCALLY

ROOT = Path(__file__).parents[3]
UPLOADS = "oss://bucket/artifacts/namespaces/default"
GUIDE = ["polardbusername", "polardbpassword", "dynamodbak", "dynamodbsk"]
"""The variables of the vendor's migration guide."""


def body(job):
    return json.loads(as_json(deployment(job, UPLOADS, "default-queue", ["dependencies.zip"])))


def by_name(name):
    return next(job for job in JOBS if job.name == name)


def module_of(name):
    """The file of a module or a package in the archive."""
    path = name.replace(".", "/")
    return f"{path}.py", f"{path}/__init__.py"


def imports(source):
    """(module, name or None) of every import, also those within functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((name.name, None) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "relative imports are not followed"
            yield from ((node.module or "", name.name) for name in node.names)


def test_the_archive_contains_everything_that_the_jobs_import_of_this_project():
    files = code(ROOT)
    left = [name for name in files if name.startswith("jobs/") and name.endswith(".py")]
    visited = set(left)
    assert "jobs/forward.py" in left
    while left:
        for module, name in imports(files[left.pop()].decode()):
            if module.split(".")[0] not in ("connectors", "jobs", "local", "tests", "bench", "deploy"):
                continue
            found = [path for path in module_of(module) if path in files]
            assert found, f"{module} is not in the archive"
            inner = [path for path in module_of(f"{module}.{name}") if path in files]
            fresh = {*found, *inner} - visited
            visited |= fresh
            left += fresh
    assert len(visited) > 50


def test_the_archive_contains_the_data_files_and_the_configuration_and_nothing_else_of_the_project():
    files = code(ROOT)
    assert {
        "application.yaml",
        "connectors/check/report/page/report.html",
        "connectors/check/report/page/report.css",
    } <= set(files)
    entries = {path.name for path in (ROOT / "jobs").glob("*.py")} - {"__init__.py"}
    assert {name.split("/")[0] for name in files} == {"application.yaml", "connectors", "jobs", *entries}
    assert not [name for name in files if name.endswith(".pyc")]


def test_the_same_contents_give_the_same_archive():
    once, again = zipped({"b": b"2", "a": b"1"}), zipped({"a": b"1", "b": b"2"})
    assert once == again
    with zipfile.ZipFile(io.BytesIO(once)) as archive:
        assert archive.namelist() == ["a", "b"]
        assert archive.read("b") == b"2"


def test_a_wheel_is_unpacked_as_an_installer_does(tmp_path):
    wheel = tmp_path / "a-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in (
            "a/__init__.py",
            "a-1.data/platlib/b.so",
            "a-1.data/scripts/run",
            "a-1.dist-info/WHEEL",
            "a/",
        ):
            archive.writestr(name, name)
    assert [name for name, _ in unpacked(wheel)] == ["a/__init__.py", "b.so", "a-1.dist-info/WHEEL"]


def test_every_job_has_a_deployment():
    found = {path.stem for path in (ROOT / "jobs").glob("*.py")} - {"__init__"}
    assert found <= {job.name for job in JOBS}


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_a_deployment_has_the_documented_fields_and_no_others(job):
    made = body(job)
    assert msgspec.json.decode(json.dumps(made), type=Deployment)
    assert made["engineVersion"] == "vvr-11.3-jdk11-flink-1.20"
    assert made["artifact"]["pythonArtifact"]["entryModule"] == job.name
    assert made["artifact"]["pythonArtifact"]["additionalPythonLibraries"] == [f"{UPLOADS}/dependencies.zip"]


def test_a_field_that_is_not_documented_is_refused():
    made = body(JOBS[0])
    made["artifact"]["pythonArtifact"]["entryClass"] = "a"
    with pytest.raises(msgspec.ValidationError, match="entryClass"):
        msgspec.json.decode(json.dumps(made), type=Deployment)


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_a_deployment_contains_only_the_names_of_secret_variables(job):
    arguments = body(job)["artifact"]["pythonArtifact"]["mainArgs"].split()
    assert arguments[:2] == ["--config", "/flink/usrlib/application.yaml"]
    pairs = dict(zip(arguments[2::2], arguments[3::2]))
    assert set(pairs) <= {key.option for key in SECRET_KEYS}
    assert all(value == f"${{secret_values.{option[2:]}}}" for option, value in pairs.items())
    assert parser().parse_args(arguments).config == "/flink/usrlib/application.yaml"
    assert len(main_args(job)) <= LONGEST_ARGUMENTS


def test_the_reverse_job_takes_the_four_variables_of_the_vendors_guide():
    assert re.findall(r"secret_values\.(\w+)", main_args(by_name("reverse"))) == GUIDE


def test_flinks_own_logging_of_secrets_is_off_as_on_the_local_cluster():
    loggers = {each["loggerName"]: each["loggerLevel"] for each in body(JOBS[0])["logging"]["log4jLoggers"]}
    locally = dict(
        zip(re.findall(r"\.name = (.+)", QUIET_LOCALLY), re.findall(r"\.level = (.+)", QUIET_LOCALLY))
    )
    assert loggers == locally


def test_the_entry_module_at_the_archives_root_runs_the_job(tmp_path):
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "tell.py").write_text("import sys\nprint(__name__, *sys.argv[1:])\n")
    for name, content in entries_of(["__init__", "tell"]).items():
        (tmp_path / name).write_bytes(content)
    command = [sys.executable, "-m", "tell", "--config", "x"]
    done = subprocess.run(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout == "__main__ --config x\n"
    assert [path.name for path in tmp_path.glob("*.py")] == ["tell.py"]
