"""The engine's platform, from the vendor's public pages, and the wheels that run on it."""

from __future__ import annotations

from typing import List

ENGINE = "vvr-11.3-jdk11-flink-1.20"
PYTHON = "3.9"
GLIBC = (2, 31)

PROVIDED = frozenset(
    {
        "apache-beam",
        "apache-flink",
        "apache-flink-libraries",
        "cloudpickle",
        "numpy",
        "orjson",
        "pandas",
        "pemja",
        "protobuf",
        "py4j",
        "pyarrow",
        "pymongo",
        "python-dateutil",
        "requests",
        "ruamel-yaml",
        "six",
        "urllib3",
    }
)
"""Packages in the engine's public list that the jobs or their packages need.

The engine has python-dateutil and six because pandas needs them. A second urllib3 must not be shipped,
because other packages of the engine use its version 1.26.
"""


def platforms() -> List[str]:
    """Platform tags of wheels that run on the engine, newest first, for `pip download --platform`."""
    perennial = [f"manylinux_2_{minor}_x86_64" for minor in range(GLIBC[1], 4, -1)]
    return [*perennial, "manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64"]


def runs_there(wheel: str) -> bool:
    """Whether the wheel with this file name runs on the engine. It may have several platform tags."""
    python, abi, platform = wheel[: -len(".whl")].split("-")[-3:]
    tags = platform.split(".")
    if tags == ["any"]:
        return "py3" in python.split(".") and abi == "none"
    fits = "cp39" in python.split(".") if abi == "cp39" else abi == "abi3"
    return fits and any(tag in platforms() for tag in tags)
