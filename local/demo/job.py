"""Submit the forward, reverse and check jobs as a user would."""

from __future__ import annotations

from typing import Dict, List

from local.demo.servers import Servers, parallelism
from local.stack.description import variables
from local.stack.flink.cluster import Submission
from local.stack.home import PROJECT
from local.stack.source import REGION

COMMAND = "flink run -d -py jobs/forward.py --config application.yaml"
REVERSE = "flink run -d -py jobs/reverse.py --config application.yaml"
SET_UP = "python -m jobs.reverse --setup --config application.yaml"
TEAR_DOWN = "python -m jobs.reverse --teardown --config application.yaml"
REPORT = PROJECT / ".local" / "demo-report"
CHECK_SECONDS = 1800.0


def submit(servers: Servers, **sets: str) -> str:
    """Submit the forward job and return its id. `sets`: further settings, with `__` for a dot. Raises
    StackError."""
    others = {key.replace("__", "."): value for key, value in sets.items()}
    return _detached(servers, "forward", configured({**settings(servers), **others}))


def submit_reverse(servers: Servers) -> str:
    """Submit the reverse job and return its id. Raises StackError."""
    return _detached(servers, "reverse", reverse_settings(servers))


def check_command(direction: str) -> str:
    return "flink run -py jobs/check.py --config application.yaml" + (
        "" if direction == "forward" else f" --direction {direction}"
    )


def check(servers: Servers, direction: str) -> Submission:
    """Run the check job attached; return its exit code and its output."""
    return servers.flink.run_job(
        PROJECT / "jobs" / "check.py",
        *configured(settings(servers)),
        *("--report", str(REPORT), "--direction", direction),
        detached=False,
        check=False,
        seconds=CHECK_SECONDS,
        parallelism=parallelism(),
        env=variables(servers.stack),
    )


def settings(servers: Servers) -> Dict[str, str]:
    """Settings that differ from application.yaml."""
    return {
        "dynamodb.endpoint": servers.source.address,
        "dynamodb.region": REGION,
        **servers.target.sets,
        "deadLetter.path": str(servers.stack.home.logs / "dead-letters"),
        # Local servers are consistent at once, so a shorter grace period is safe and keeps the demo short.
        "streams.graceSeconds": "1",
        "checkpoint.interval": "5000",
    }


def forward_settings(servers: Servers) -> List[str]:
    """Arguments of jobs/forward.py."""
    return configured(settings(servers))


def reverse_settings(servers: Servers) -> List[str]:
    """Arguments of jobs/reverse.py, also for --setup and --teardown."""
    postgres = servers.stack.postgres
    assert postgres
    database = {"polardb.hostname": postgres.host, "polardb.port": str(postgres.port)}
    return configured({**settings(servers), **database})


def configured(sets: Dict[str, str]) -> List[str]:
    sets_as_arguments = [part for key, value in sets.items() for part in ("--set", f"{key}={value}")]
    return ["--config", str(PROJECT / "application.yaml"), *sets_as_arguments]


def _detached(servers: Servers, name: str, arguments: List[str]) -> str:
    """Credentials are passed in the environment: arguments are visible to other users."""
    script = PROJECT / "jobs" / f"{name}.py"
    run = servers.flink.run_job
    return str(run(script, *arguments, parallelism=parallelism(), env=variables(servers.stack)).job_id)
