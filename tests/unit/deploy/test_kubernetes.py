"""The manifests, as far as they can be tested without a cluster."""

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
def test_secrets_come_from_the_secret_with_names_that_the_jobs_read(job):
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
def test_the_configuration_is_valid_for_the_jobs(job):
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


def test_files_that_must_outlive_the_pods_are_on_the_shared_volume():
    configuration = COMMON["spec"]["flinkConfiguration"]
    for key in ("high-availability.storageDir", "state.checkpoints.dir", "state.savepoints.dir"):
        assert configuration[key].startswith("file:///data/")
    assert documents(FOLDER / "base" / "storage.yaml")[0]["spec"]["accessModes"] == ["ReadWriteMany"]


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="no kubectl here")
@pytest.mark.parametrize("job", JOBS)
def test_kustomize_builds_each_job(job):
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
    assert "NetworkPolicy" in found


def pod_specs(node):
    """Every pod below it: what has containers."""
    if isinstance(node, dict):
        if "containers" in node:
            yield node
        for value in node.values():
            yield from pod_specs(value)
    elif isinstance(node, list):
        for value in node:
            yield from pod_specs(value)


COMMON_POD = COMMON["spec"]["podTemplate"]["spec"]
OWN_PODS = [
    pod
    for job in JOBS
    for each in documents(FOLDER / job / f"{job}.yaml")
    if each["kind"] != "FlinkDeployment"
    for pod in pod_specs(each)
]


@pytest.mark.parametrize("pod", [COMMON_POD, *OWN_PODS])
def test_every_pod_complies_with_the_pod_security_level_restricted(pod):
    """See "Pod Security Standards" in the documentation of Kubernetes: a namespace that enforces the level
    starts no other pod."""
    security = pod["securityContext"]
    assert security["runAsNonRoot"] is True
    assert security["runAsUser"] != 0
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
    for container in [*pod["containers"], *pod.get("initContainers", [])]:
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert not container["securityContext"].get("privileged")
    kinds = {kind for volume in pod["volumes"] for kind in volume if kind != "name"}
    assert kinds <= {"configMap", "persistentVolumeClaim", "secret", "emptyDir", "projected"}


@pytest.mark.parametrize("job", JOBS)
def test_a_jobs_own_pod_template_takes_nothing_of_that_back(job):
    for manager in ("jobManager", "taskManager"):
        spec = deployment(job)["spec"].get(manager, {}).get("podTemplate", {}).get("spec", {})
        assert "securityContext" not in spec
        assert all("securityContext" not in container for container in spec.get("containers", []))


POLICY = documents(FOLDER / "base" / "network.yaml")[0]
FLINK_PORTS = {6121, 6122, 6123, 6124, 6125, 8081}


def admitted(policy, **source):
    return {
        port["port"]
        for rule in policy["spec"]["ingress"]
        for port in rule["ports"]
        if any(set(source) <= set(each) for each in rule["from"])
    }


def test_the_random_ports_of_the_python_workers_servers_are_reachable_for_nobody():
    """They are not encrypted, ask for no password, and give the job with its keys."""
    spec = POLICY["spec"]
    assert spec["podSelector"] == {}
    assert "Ingress" in spec["policyTypes"]
    assert all(rule.get("ports") and rule.get("from") for rule in spec["ingress"])
    assert all(isinstance(port["port"], int) for rule in spec["ingress"] for port in rule["ports"])
    assert not any("endPort" in port for rule in spec["ingress"] for port in rule["ports"])
    assert admitted(POLICY, podSelector={}) == FLINK_PORTS
    assert admitted(POLICY, namespaceSelector={}) == {8081, 9249}
    sources = [each for rule in spec["ingress"] for each in rule["from"]]
    assert {"namespaceSelector": {}} not in sources


def test_every_port_that_flinks_pods_need_of_each_other_is_fixed():
    configuration = COMMON["spec"]["flinkConfiguration"]
    names = ("taskmanager.data.port", "metrics.internal.query-service.port")
    fixed = {configuration[name] for name in names}
    assert {int(port) for port in fixed} | {6122, 6123, 6124, 8081} == FLINK_PORTS
    assert int(configuration["metrics.reporter.prom.port"]) in admitted(POLICY, namespaceSelector={})


def test_the_policy_is_applied_with_every_job():
    component = documents(FOLDER / "base" / "kustomization.yaml")[0]
    assert "network.yaml" in component["resources"]
    for job in JOBS:
        assert documents(FOLDER / job / "kustomization.yaml")[0]["components"] == ["../base"]


def test_the_open_ports_are_said_wherever_a_cluster_is_described():
    for page in ("README.md", "deploy/README.md", "deploy/kubernetes.md", "deploy/local.md"):
        text = " ".join((ROOT / page).read_text().split())
        assert re.search(r"all interfaces", text), page
        assert re.search(r"without encryption and without authentication", text), page
