"""The package as a user gets it: built, and installed into environments outside the project's folder."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import zipfile
from importlib.metadata import PathDistribution
from pathlib import Path
from typing import Callable, Dict, NamedTuple

import pytest

from tests.integration.package.installed import as_wheel, link, needed

ROOT = Path(__file__).parents[3]
PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input")
NOT_SOURCES = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info")


class Environment(NamedTuple):
    folder: Path

    @property
    def python(self) -> str:
        return str(self.folder / "bin" / "python")

    @property
    def site_packages(self) -> Path:
        return Path(
            sysconfig.get_path("purelib", vars={"base": str(self.folder), "platbase": str(self.folder)})
        )

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command in an empty folder, without the environment variables of this process."""
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir(exist_ok=True)
        program, *arguments = words
        return subprocess.run(
            [str(self.folder / "bin" / program), *arguments],
            cwd=elsewhere,
            env={"PATH": "/usr/bin:/bin", "HOME": str(elsewhere), "COLUMNS": "80"},
            capture_output=True,
            text=True,
        )


class Wheel(NamedTuple):
    path: Path

    @property
    def metadata(self) -> PathDistribution:
        name, version = self.path.name.split("-")[:2]
        return PathDistribution(zipfile.Path(self.path) / f"{name}-{version}.dist-info")  # type: ignore[arg-type]

    def content(self) -> Dict[str, bytes]:
        with zipfile.ZipFile(self.path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="package")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree without what earlier builds left in it, which setuptools would add to the wheel."""
    copied = tmp_path_factory.mktemp("sources") / "project"
    shutil.copytree(ROOT, copied, ignore=NOT_SOURCES)
    return copied


def built(source: Path, into: Path) -> Wheel:
    options = ["--no-build-isolation", "--no-deps", "--wheel-dir", str(into)]
    subprocess.run([sys.executable, *PIP, "wheel", *options, str(source)], check=True)
    [path] = into.glob("*.whl")
    return Wheel(path)


@pytest.fixture(scope="package")
def wheel(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Wheel:
    return built(sources, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="package")
def wheel_of_sdist(sources: Path, wheel: Wheel, tmp_path_factory: pytest.TempPathFactory) -> Wheel:
    folder = tmp_path_factory.mktemp("sdist")
    build = f"from setuptools import build_meta; build_meta.build_sdist({str(folder)!r})"
    subprocess.run([sys.executable, "-c", build], cwd=sources, check=True, stdout=subprocess.DEVNULL)
    [archive] = folder.glob("*.tar.gz")
    return built(archive, folder)


@pytest.fixture(scope="package")
def base(wheel: Wheel, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """`pip install polarshake` in an empty environment. pip resolves what the wheel declares."""
    folder = tmp_path_factory.mktemp("base")
    packages = folder / "wheels"
    packages.mkdir()
    for distribution in needed(wheel.metadata.requires or []).values():
        as_wheel(distribution, packages)
    made = Environment(folder / "venv")
    subprocess.run([sys.executable, "-m", "venv", str(made.folder)], check=True)
    offline = ["--no-index", "--find-links", str(packages), "--no-compile"]
    subprocess.run([made.python, *PIP, "install", *offline, str(wheel.path)], check=True)
    return made


@pytest.fixture(scope="package")
def extended(
    wheel: Wheel, base: Environment, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Environment]:
    """extended("jobs"): what `pip install 'polarshake[jobs]'` brings in addition to the base installation."""

    def extend(*extras: str) -> Environment:
        made = Environment(tmp_path_factory.mktemp("-".join(extras)) / "venv")
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(made.folder)], check=True)
        (made.site_packages / "base.pth").write_text(f"{base.site_packages}\n")
        for extra in extras:
            for distribution in needed(wheel.metadata.requires or [], extra).values():
                link(distribution, made.site_packages)
        return made

    return extend
