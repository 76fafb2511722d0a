"""The operators that Flink's web UI shows have names, and docs/operate.md explains each."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Iterator, List

ROOT = Path(__file__).parents[3]
GRAPHS = [
    *sorted((ROOT / "connectors" / "engine" / "flink").glob("*.py")),
    *sorted((ROOT / "connectors").glob("*/flink.py")),
]
MADE = re.compile(r"\.(?:process|map|flat_map|filter|print|add_sink|sink_to)\(")
NAMED = re.compile(r"""(?:\.name\(|single\(.*?, |add_source\(.*?, )"(\w+)\"""")


def names(text: str) -> Iterator[str]:
    return (match[1] for match in NAMED.finditer(text))


def texts() -> List[str]:
    return [path.read_text(encoding="utf-8") for path in GRAPHS]


def test_each_operator_has_a_name() -> None:
    for path, text in zip(GRAPHS, texts()):
        assert len(MADE.findall(text)) == len(re.findall(r"\.name\(", text)), path


def test_each_name_is_explained() -> None:
    page = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    section = page.partition("### Flink's web UI")[2].partition("\n### ")[0]
    found = {name for text in texts() for name in names(text)}
    assert {"tick", "enumerator", "worker", "reader", "lane", "replication", "notices", "end"} <= found
    assert [name for name in sorted(found) if not re.search(rf"`[^`]*\b{name}\b[^`]*`", section)] == []


def test_a_job_without_work_is_explained_because_flink_shows_it_red() -> None:
    page = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    assert "A job without work may be red" in page.partition("### Flink's web UI")[2]
