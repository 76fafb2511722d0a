"""The manifests, as far as they can be read without a cluster."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from connectors.config import load
from connectors.config.credentials import SECRET_KEYS
from connectors.config.needs import require
from local.stack.flink.config import QUIET

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "deploy" / "kubernetes"
JOBS = ("forward", "check", "reverse")
SPEC = {
    "flinkConfiguration", "flinkVersion", "image", "imagePullPolicy", "ingress", "job", "jobManager",
    "logConfiguration", "mode", "podTemplate", "restartNonce", "serviceAccount", "taskManager",
}  # fmt: skip
"""Of the operator's custom resource, v1beta1."""
JOB = {"args", "entryClass", "initialSavepointPath", "jarURI", "parallelism", "state", "upgradeMode"}


def documents(path):
    return [each for each in yaml.safe_load_all(path.read_text()) if each]


def deployment(job):
    return next(each for each in documents(FOLDER / job / f"{job}.yaml") if each["kind"] == "FlinkDeployment")


COMMON = documents(FOLDER / "base" / "common.yaml")[0]


def variables(node):
    """Every environment variable below it."""
    if isinstance(node, dict):
        if "valueFrom" in node or ("name" in node and "value" in node):
            yield node
        for value in node.values():
            yield from variables(value)
    elif isinstance(node, list):
        for value in node:
            yield from variables(value)


@pytest.mark.parametrize("job", JOBS)
def test_a_deployment_has_the_fields_of_the_operator_and_no_others(job):
    spec = {**COMMON["spec"], **deployment(job)["spec"]}
    assert set(spec) <= SPEC
    assert set(spec.get("job", {})) <= JOB
    assert all(isinstance(value, str) for value in spec["flinkConfiguration"].values())


@pytest.mark.parametrize("job", JOBS)
def test_secrets_come_out_of_the_secret_and_under_names_that_the_jobs_read(job):
    found = [each for document in documents(FOLDER / job / f"{job}.yaml") for each in variables(document)]
    assert found
    assert {each["name"] for each in found} <= {key.variable for key in SECRET_KEYS}
    for each in found:
        reference = each["valueFrom"]["secretKeyRef"]
        assert reference["name"] == "polarshake"
        assert reference["key"] == each["name"].replace("POLARSHAKE_", "").replace("_", "-").lower()
        assert reference.get("optional", False) == ("DYNAMODB" in each["name"])


def test_the_forward_and_the_reverse_job_are_submitted_with_their_script():
    for job in ("forward", "reverse"):
        spec = deployment(job)["spec"]["job"]
        assert spec["entryClass"] == "org.apache.flink.client.python.PythonDriver"
        assert spec["args"][:2] == ["-py", f"/opt/polarshake/jobs/{job}.py"]


def test_the_jar_is_that_of_the_locked_flink():
    version = re.search(r"^apache-flink==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)[1]
    assert deployment("forward")["spec"]["job"]["jarURI"].endswith(f"flink-python-{version}.jar")
    assert f"ARG FLINK={version}-" in (ROOT / "deploy" / "Dockerfile").read_text()


def test_flinks_own_logging_of_secrets_is_off_wherever_logging_is_configured():
    quiet = {line for line in QUIET.splitlines() if line.startswith("logger.")}
    client = documents(FOLDER / "check" / "check.yaml")[2]["data"]["log4j-cli.properties"]
    for properties in (COMMON["spec"]["logConfiguration"]["log4j-console.properties"], client):
        assert quiet <= set(properties.splitlines())


@pytest.mark.parametrize("job", JOBS)
def test_the_configuration_is_one_that_the_jobs_take(job):
    secrets = {key.variable: "x" for key in SECRET_KEYS if "TOKEN" not in key.variable}
    settings = load(["--config", str(FOLDER / "base" / "application.yaml")], secrets)
    require(
        settings,
        "polardb.endpoint",
        "polardb.accessKey",
        "polardb.hostname",
        "polardb.login",
    )
    assert settings.dead_letter.path.startswith("/data/")


def test_what_must_outlive_the_pods_lies_on_the_shared_volume():
    configuration = COMMON["spec"]["flinkConfiguration"]
    for key in ("high-availability.storageDir", "state.checkpoints.dir", "state.savepoints.dir"):
        assert configuration[key].startswith("file:///data/")
    assert documents(FOLDER / "base" / "storage.yaml")[0]["spec"]["accessModes"] == ["ReadWriteMany"]


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="no kubectl here")
@pytest.mark.parametrize("job", JOBS)
def test_kustomize_puts_a_job_together(job):
    made = subprocess.run(
        ["kubectl", "kustomize", FOLDER / job], stdout=subprocess.PIPE, check=True, text=True
    ).stdout
    found = {each["kind"]: each for each in yaml.safe_load_all(made) if each["kind"] != "ConfigMap"}
    spec = found["FlinkDeployment"]["spec"]
    assert spec["image"] == "polarshake:0.1.0"
    assert spec["flinkConfiguration"]["high-availability.type"] == "kubernetes"
    assert spec["jobManager"]["resource"]
    volumes = spec["podTemplate"]["spec"]["volumes"]
    configurations = {
        each["metadata"]["name"] for each in yaml.safe_load_all(made) if each["kind"] == "ConfigMap"
    }
    assert {each["configMap"]["name"] for each in volumes if "configMap" in each} <= configurations
    assert {"ServiceAccount", "Role", "RoleBinding", "PersistentVolumeClaim"} <= set(found)
