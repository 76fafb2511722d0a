"""The body of CreateDeployment, OpenAPI ververica 2022-07-18: POST /api/v2/namespaces/NAMESPACE/deployments.

The structs contain the documented fields that are used here, with their documented names. A body that cannot
be decoded into `Deployment` must not be sent.
"""

from __future__ import annotations

from typing import Dict, List, Literal, NamedTuple, Sequence

import msgspec

from connectors.config.credentials import DYNAMODB_KEY, POLARDB_KEY, POLARDB_LOGIN, SecretKey
from deploy.vvr.archives import CODE, CONFIGURATION
from deploy.vvr.platform import ENGINE

USRLIB = "/flink/usrlib"
"""The folder in which additional dependency files appear."""
LONGEST_ARGUMENTS = 1024
"""Maximum characters that the console accepts."""

QUIET = {
    # At INFO it logs the arguments of the main program: its secrets.
    "org.apache.flink.client.python.PythonEnvUtils": "WARN",
    # At WARN it logs the whole environment of a TaskManager when a Python worker ends.
    "org.apache.beam.runners.fnexecution.control.DefaultJobBundleFactory": "ERROR",
    # At INFO these log the arguments of the client, of an application cluster, and of its configuration.
    "org.apache.flink.client.cli.CliFrontend": "WARN",
    "org.apache.flink.runtime.entrypoint.ClusterEntrypoint": "WARN",
    "org.apache.flink.configuration.GlobalConfiguration": "WARN",
}


class Struct(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    pass


class PythonArtifact(Struct):
    python_artifact_uri: str
    entry_module: str
    main_args: str
    additional_dependencies: List[str]
    additional_python_libraries: List[str]


class Artifact(Struct):
    kind: Literal["PYTHON"]
    python_artifact: PythonArtifact


class DeploymentTarget(Struct):
    mode: Literal["PER_JOB", "SESSION"]
    name: str


class Logger(Struct):
    logger_name: str
    logger_level: str


class Logging(Struct):
    logging_profile: Literal["default", "oss"]
    log4j_loggers: List[Logger] = msgspec.field(name="log4jLoggers")


class Resources(Struct):
    cpu: float
    memory: str
    """Such as `4 GiB`."""


class BasicResourceSetting(Struct):
    parallelism: int
    jobmanager_resource_setting_spec: Resources
    taskmanager_resource_setting_spec: Resources


class StreamingResourceSetting(Struct):
    resource_setting_mode: Literal["BASIC", "EXPERT"]
    basic_resource_setting: BasicResourceSetting


class Deployment(Struct):
    name: str
    description: str
    engine_version: str
    execution_mode: Literal["STREAMING", "BATCH"]
    deployment_target: DeploymentTarget
    artifact: Artifact
    flink_conf: Dict[str, str]
    logging: Logging
    streaming_resource_setting: StreamingResourceSetting


class Job(NamedTuple):
    name: str
    description: str
    secrets: Sequence[SecretKey]

    @property
    def module(self) -> str:
        """Path of the job's program in the archive of the code."""
        return f"jobs/{self.name}.py"


JOBS = (
    Job("forward", "DynamoDB to PolarDB: full copy, then its changes", (*DYNAMODB_KEY[:2], *POLARDB_KEY)),
    Job("check", "compares DynamoDB and PolarDB", (*DYNAMODB_KEY[:2], *POLARDB_KEY)),
    # The vendor's guide for its own tool names these four variables.
    Job("reverse", "PolarDB's changes back to DynamoDB", (*POLARDB_LOGIN, *DYNAMODB_KEY[:2])),
)


def variable(key: SecretKey) -> str:
    """Name of the namespace's variable, as used in the vendor's guide, such as `dynamodbak`."""
    return key.option.lstrip("-")


def main_args(job: Job) -> str:
    words = ["--config", f"{USRLIB}/{CONFIGURATION}"]
    for key in job.secrets:
        words += [key.option, f"${{secret_values.{variable(key)}}}"]
    return " ".join(words)


def deployment(job: Job, uploads: str, queue: str, libraries: Sequence[str]) -> Deployment:
    """The deployment of a job. `uploads`: folder of the workspace's uploaded files, such as
    oss://BUCKET/artifacts/namespaces/NAMESPACE; `libraries`: names of the files that contain packages."""
    at = uploads.rstrip("/")
    return Deployment(
        name=f"polarshake-{job.name}",
        description=job.description,
        engine_version=ENGINE,
        execution_mode="STREAMING",
        deployment_target=DeploymentTarget("PER_JOB", queue),
        artifact=Artifact(
            "PYTHON",
            PythonArtifact(
                python_artifact_uri=f"{at}/{CODE}",
                entry_module=job.name,
                main_args=main_args(job),
                additional_dependencies=[f"{at}/{CONFIGURATION}"],
                additional_python_libraries=[f"{at}/{name}" for name in libraries],
            ),
        ),
        # state.backend.gemini.ttl.ms must stay unset: otherwise the job's position would expire.
        flink_conf={"taskmanager.numberOfTaskSlots": "2"},
        logging=Logging("default", [Logger(name, level) for name, level in QUIET.items()]),
        streaming_resource_setting=StreamingResourceSetting(
            "BASIC", BasicResourceSetting(4, Resources(1.0, "4 GiB"), Resources(2.0, "8 GiB"))
        ),
    )


def as_json(deployment: Deployment) -> bytes:
    return msgspec.json.format(msgspec.json.encode(deployment), indent=2) + b"\n"
