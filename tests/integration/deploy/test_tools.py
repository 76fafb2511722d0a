"""What is deployed, checked by the tools of others. Each test is skipped if its tool is not on the PATH."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest
import yaml

from tests.harness.alerts import FILE, FIRING, RULES, STEP, healthy

ROOT = Path(__file__).parents[3]
GITHUB = ROOT / ".github"
FORMS = sorted(path for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml")


def passes(program: str, *words: object) -> None:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not on the PATH")
    done = subprocess.run([found, *map(str, words)], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_accepts_the_alert_rules() -> None:
    passes("promtool", "check", "rules", FILE)


def test_promtool_accepts_the_configuration_of_prometheus() -> None:
    passes("promtool", "check", "config", FILE.with_name("prometheus.yml"))


def test_prometheus_itself_fires_each_alert_in_time_and_not_before(tmp_path: Path) -> None:
    tests = [
        world.promtool_test(alert, {begins + seconds - 3 * STEP: False, begins + seconds + 3 * STEP: True})
        for alert, world, begins, seconds in FIRING
        if begins + seconds >= 3 * STEP
    ]
    passes("promtool", "test", "rules", written(tmp_path, tests))


def test_prometheus_itself_fires_no_alert_while_everything_is_well(tmp_path: Path) -> None:
    tests = [healthy().promtool_test(alert, {900: False, 1800: False, 3000: False}) for alert in RULES]
    passes("promtool", "test", "rules", written(tmp_path, tests))


def written(folder: Path, tests: List[Dict[str, Any]]) -> Path:
    file = folder / "tests.yaml"
    document = {"rule_files": [str(FILE)], "evaluation_interval": f"{STEP}s", "tests": tests}
    file.write_text(yaml.safe_dump(document))
    return file


@pytest.mark.parametrize("name", ["base/account", "base/network", "base/storage", "check/check"])
def test_the_manifests_have_kubernetes_own_schema(name: str) -> None:
    """The others are of Flink's operator, whose schema this tool does not have."""
    passes("kubernetes-validate", "--strict", ROOT / "deploy" / "kubernetes" / f"{name}.yaml")


@pytest.mark.parametrize("job", ["common", "forward", "reverse"])
def test_the_pods_of_the_operators_resources_have_kubernetes_own_schema(tmp_path: Path, job: str) -> None:
    """A pod template of the operator is a Pod without its kind."""
    folder = ROOT / "deploy" / "kubernetes" / ("base" if job == "common" else job)
    pods = [
        pod for each in yaml.safe_load_all((folder / f"{job}.yaml").read_text()) for pod in templates(each)
    ]
    assert pods
    for number, pod in enumerate(pods):
        file = tmp_path / f"{number}.yaml"
        whole = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "any"}, **pod}
        file.write_text(yaml.safe_dump(whole))
        passes("kubernetes-validate", "--strict", file)


def templates(node: Any) -> Iterator[Dict[str, Any]]:
    for name, value in node.items() if isinstance(node, dict) else ():
        if name == "podTemplate":
            yield value
        else:
            yield from templates(value)


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("github-workflows", sorted((GITHUB / "workflows").glob("*.yml"))),
        ("github-issue-forms", FORMS),
        ("github-issue-config", [GITHUB / "ISSUE_TEMPLATE" / "config.yml"]),
    ],
)
def test_githubs_files_have_their_schemas(schema: str, files: List[Path]) -> None:
    assert files
    passes("check-jsonschema", "--builtin-schema", f"vendor.{schema}", *files)


def test_actionlint_finds_nothing_in_the_workflows() -> None:
    """Expressions, contexts, events and the shell commands: more than the schema says."""
    passes("actionlint", "-no-color", *sorted((GITHUB / "workflows").glob("*.yml")))


def test_the_workflows_are_safe() -> None:
    passes("zizmor", "--offline", GITHUB)
