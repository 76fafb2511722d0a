"""The names of the jobs' metrics in Prometheus, out of the code that shows them.

Flink's PrometheusReporter names a metric after its scope: flink_taskmanager_job_task_operator_NAME, and with
`_table` before the name where it belongs to a table (or a replication slot), which is the label `table`.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Iterator, List, NamedTuple, Set, Tuple

OPERATOR = "flink_taskmanager_job_task_operator_"


class Metric(NamedTuple):
    name: str
    of_table: bool

    @property
    def prometheus(self) -> str:
        return f"{OPERATOR}{'table_' if self.of_table else ''}{self.name}"


def emitted(connectors: Path) -> Set[Metric]:
    """The literal names that are passed to Metrics.count, Metrics.gauge or Gauge."""
    return {
        metric
        for file in connectors.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        for metric in _shown(node)
    }


def _shown(node: ast.AST) -> Iterator[Metric]:
    """A call with a literal name, or a loop over literal names around such calls."""
    if isinstance(node, ast.Call) and _shows(node) and node.args and isinstance(node.args[0], ast.Constant):
        yield Metric(node.args[0].value, _of_table(node))
    if isinstance(node, ast.For) and isinstance(node.iter, ast.Tuple) and isinstance(node.target, ast.Name):
        names = [each.value for each in node.iter.elts if isinstance(each, ast.Constant)]
        for call in _calls_with(node, node.target.id):
            yield from (Metric(name, _of_table(call)) for name in names)


def _calls_with(loop: ast.For, variable: str) -> List[ast.Call]:
    calls = [node for node in ast.walk(loop) if isinstance(node, ast.Call) and _shows(node) and node.args]
    return [call for call in calls if isinstance(call.args[0], ast.Name) and call.args[0].id == variable]


def _shows(call: ast.Call) -> bool:
    function = call.func
    if isinstance(function, ast.Attribute) and function.attr in ("count", "gauge"):
        return ast.unparse(function.value).lower().endswith("metrics")
    return isinstance(function, ast.Name) and function.id == "Gauge"


def _of_table(call: ast.Call) -> bool:
    return len(call.args) > 2 or any(keyword.arg == "table" for keyword in call.keywords)


def named(expression: str) -> Tuple[str, ...]:
    """Metrics of Flink in a PromQL expression."""
    words = "".join(letter if letter.isalnum() or letter in "_:" else " " for letter in expression).split()
    return tuple(word for word in words if word.startswith("flink_"))
