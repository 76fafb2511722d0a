"""The few calls of Flink's REST API that the stack and the tests need."""

from __future__ import annotations

import json
import time
from typing import Any, Dict, List, Optional

import urllib3

from local.stack.errors import StackError


class Rest:
    """A client. Raises StackError with Flink's text for a response that is not a success."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._http = urllib3.PoolManager(timeout=urllib3.Timeout(connect=5.0, read=30.0), retries=False)

    def call(self, method: str, path: str, body: Optional[Dict[str, Any]] = None) -> Any:
        try:
            answer = self._http.request(
                method,
                f"{self._address}{path}",
                body=json.dumps(body).encode() if body is not None else None,
                headers={"Content-Type": "application/json"},
            )
        except urllib3.exceptions.HTTPError as error:
            raise StackError(f"Flink at {self._address} does not respond: {error}") from error
        if answer.status >= 300:
            raise StackError(
                f"Flink: {method} {path}: {answer.status}: {answer.data.decode(errors='replace')}"
            )
        return json.loads(answer.data) if answer.data else None

    def get(self, path: str) -> Any:
        return self.call("GET", path)

    def slots(self) -> int:
        """Task slots of the registered TaskManagers. A TaskManager offers none for a moment after it
        registers."""
        return int(self.get("/overview")["slots-total"])

    def jobs(self) -> List[Dict[str, Any]]:
        """All jobs known to the JobManager, each with `jid`, `name` and `state`."""
        return list(self.get("/jobs/overview")["jobs"])

    def job_status(self, job_id: str) -> str:
        """RUNNING, RESTARTING, FAILED, FINISHED, CANCELED, ..."""
        return str(self.get(f"/jobs/{job_id}")["state"])

    def failures(self, job_id: str) -> int:
        """How often the job has failed and restarted, at most 16. Simultaneous failures count as one.

        It does not use metrics: a query to a TaskManager that was just killed blocks all of them.
        """
        return len(self.get(f"/jobs/{job_id}/exceptions")["exceptionHistory"]["entries"])

    def cancel(self, job_id: str) -> None:
        self.call("PATCH", f"/jobs/{job_id}?mode=cancel")

    def stop_with_savepoint(self, job_id: str, drain: bool = False, seconds: float = 120.0) -> str:
        """Stop the job; return the path of the complete savepoint."""
        trigger = self.call("POST", f"/jobs/{job_id}/stop", {"drain": drain})["request-id"]
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            answer = self.get(f"/jobs/{job_id}/savepoints/{trigger}")
            if answer["status"]["id"] == "COMPLETED":
                return _location(job_id, answer["operation"])
            time.sleep(0.2)
        raise StackError(f"job {job_id} did not complete a savepoint within {seconds:.0f} s")


def _location(job_id: str, operation: Dict[str, Any]) -> str:
    if "location" in operation:
        return str(operation["location"])
    cause = operation.get("failure-cause", {}).get("stack-trace", operation)
    raise StackError(f"the savepoint of job {job_id} failed: {cause}")
