"""The archives for VVR as they are uploaded; the packages come from the package index."""

from __future__ import annotations

import io
import os
import re
import subprocess
import zipfile
from pathlib import Path
from typing import Dict, NamedTuple

import pytest

from deploy.vvr.__main__ import arguments, build
from deploy.vvr.archives import CODE, DEPENDENCIES, dependencies, zipped
from deploy.vvr.needs import Pin, shipped
from deploy.vvr.platform import GLIBC, platforms

ROOT = Path(__file__).parents[3]
PROVIDED = [
    Pin("urllib3", "1.26.13"),
    Pin("numpy", "1.24.4"),
    Pin("pymongo", "4.15.4"),
    Pin("dnspython", "2.7.0"),
    Pin("python-dateutil", "2.9.0.post0"),
    Pin("six", "1.17.0"),
]
"""Packages of the engine that the shipped packages import, in the versions of the engine's public list."""


class Built(NamedTuple):
    files: Dict[str, bytes]
    folder: Path
    """The folder that contains each unpacked archive under its name."""

    def entries(self, archive: str) -> Dict[str, bytes]:
        with zipfile.ZipFile(io.BytesIO(self.files[archive])) as opened:
            return {name: opened.read(name) for name in opened.namelist()}


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Built:
    folder = tmp_path_factory.mktemp("vvr")
    made = Built({**build(arguments([])), "provided.zip": zipped(dependencies(PROVIDED))}, folder)
    for name in (CODE, DEPENDENCIES, "provided.zip"):
        with zipfile.ZipFile(io.BytesIO(made.files[name])) as archive:
            archive.extractall(folder / name)
    return made


@pytest.fixture(scope="module")
def python39() -> str:
    found = subprocess.run(
        [ROOT / "local/stack/find-python", "3.9"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHON": ""},
    )
    if found.returncode:
        pytest.skip("no Python 3.9 here")
    return found.stdout.strip()


def test_every_module_of_the_jobs_imports_with_nothing_but_the_archives_and_the_engines_packages(
    built, python39
):
    paths = [str(built.folder / name) for name in (CODE, DEPENDENCIES, "provided.zip")]
    inside = str(Path(__file__).with_name("inside.py"))
    done = subprocess.run(
        [python39, "-I", "-S", inside, *paths], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert done.returncode == 0, done.stdout
    assert {"jobs.forward", "connectors.engine.flink.graph", "connectors.check.report.page.render"} <= set(
        done.stdout.split()
    )


def test_without_the_packages_the_import_fails(built, python39):
    inside = str(Path(__file__).with_name("inside.py"))
    done = subprocess.run(
        [python39, "-I", "-S", inside, str(built.folder / CODE)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode != 0
    assert "ModuleNotFoundError" in done.stdout


def test_every_wheel_was_built_for_python_3_9_and_glibc_2_31_or_older(built):
    entries = built.entries(DEPENDENCIES)
    wheels = {name: text.decode() for name, text in entries.items() if name.endswith(".dist-info/WHEEL")}
    assert len(wheels) == len(shipped())
    for name, text in wheels.items():
        tags = [tag.rsplit("-", 1)[1] for tag in re.findall(r"^Tag: (\S+)", text, re.MULTILINE)]
        assert tags == ["any"] * len(tags) or set(tags) & set(platforms()), name


def test_no_library_in_the_archive_asks_for_a_newer_glibc(built):
    libraries = {name: body for name, body in built.entries(DEPENDENCIES).items() if ".so" in name}
    assert len(libraries) > 5
    for name, body in libraries.items():
        asked = [(int(a), int(b)) for a, b in re.findall(rb"GLIBC_(\d+)\.(\d+)", body)]
        assert max(asked, default=(2, 0)) <= GLIBC, name


def test_no_package_of_the_engine_is_shadowed(built):
    roots = {name.split("/")[0] for name in built.entries(DEPENDENCIES)}
    assert not roots & {"urllib3", "numpy", "requests", "dateutil", "six.py", "google", "yarl", "pyflink"}


def test_the_packages_can_be_in_the_archive_of_the_code(built):
    one = build(arguments(["--together"]))
    assert DEPENDENCIES not in one
    assert b'additionalPythonLibraries": []' in one["deployment-forward.json"]
    with zipfile.ZipFile(io.BytesIO(one[CODE])) as archive:
        assert {"jobs/forward.py", "msgspec/__init__.py", "application.yaml"} <= set(archive.namelist())
