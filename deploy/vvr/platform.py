"""What the engine is, from the vendor's public pages, and which wheels run on it."""

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
"""Packages of the engine's public list that the jobs need or that their packages depend on.

python-dateutil and six are there because pandas does not import without them. A second urllib3 must not be
shipped: others of the engine's packages use its 1.26.
"""


def platforms() -> List[str]:
    """Tags of wheels that run there, the newest first, as `pip download --platform` takes them."""
    perennial = [f"manylinux_2_{minor}_x86_64" for minor in range(GLIBC[1], 4, -1)]
    return [*perennial, "manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64"]


def runs_there(wheel: str) -> bool:
    """Whether a wheel of that file name runs on the engine. It may have several platform tags."""
    python, abi, platform = wheel[: -len(".whl")].split("-")[-3:]
    tags = platform.split(".")
    if tags == ["any"]:
        return "py3" in python.split(".") and abi == "none"
    fits = "cp39" in python.split(".") if abi == "cp39" else abi == "abi3"
    return fits and any(tag in platforms() for tag in tags)
