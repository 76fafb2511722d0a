"""A proxy that injects faults between a job and one of the servers."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any, Dict, List, Optional, Tuple

import urllib3

from connectors.base.secret import Secret
from local.stack.errors import StackError
from local.stack.home import Home, free_port
from local.stack.server import Server
from local.stack.source import program

Rule = Dict[str, Any]


class FaultProxy(Server):
    """microburst in front of an HTTP endpoint (a URL) or, with `protocol="postgres"`, of `host:port`.

    A rule: `{"service": "dynamodb", "operation": "BatchWriteItem", "times": 1,
    "error": {"code": "ProvisionedThroughputExceededException"}}`; streams are service `dynamodbstreams`.
    """

    grace = 1.0  # it stores nothing, and would wait for connections that are kept open

    host = "127.0.0.1"

    def __init__(
        self,
        home: Home,
        upstream: str,
        name: str = "fault-proxy",
        protocol: str = "http",
        keys: Optional[Tuple[str, Secret]] = None,
    ) -> None:
        """`keys`: sign requests again, for an upstream that checks signatures. The proxy changes the signed
        Host."""
        super().__init__(home, name)
        self._upstream, self._protocol, self._keys = upstream, protocol, keys

    @cached_property
    def _control(self) -> int:
        return self.port if self._protocol == "http" else free_port()

    @property
    def address(self) -> str:
        # For a Host that contains a dot, microburst reads all 400 models of botocore to find the service.
        # This takes seconds without answers, and 400 MB. It skips a name without a dot.
        return f"http://localhost:{self.port}" if self._protocol == "http" else f"{self.host}:{self.port}"

    def start(self) -> None:
        command = [program("microburst"), "--host", self.host, "--upstream", self._upstream]
        command += ["--port", str(self.port), "--protocol", self._protocol]
        if self._control != self.port:
            command += ["--control-port", str(self._control)]
        self.spawn([*command, *(["--resign"] if self._keys else [])], self._variables(), self.home.data)

    def _variables(self) -> Dict[str, str]:
        if self._keys is None:
            return {}
        access_key, secret_key = self._keys
        return {"AWS_ACCESS_KEY_ID": access_key, "AWS_SECRET_ACCESS_KEY": secret_key.reveal()}

    def ready(self) -> bool:
        try:
            return bool(self._call("GET", "health", timeout=5.0))
        except (urllib3.exceptions.HTTPError, StackError):
            return False

    def set_rules(self, rules: List[Rule]) -> None:
        """Replace all rules. An empty list injects no faults."""
        self._call("POST", "rules", rules)

    def fired(self) -> Any:
        """The last 100 faults injected since `forget`: a test must verify that its fault occurred."""
        return self._call("GET", "fired")

    def forget(self) -> None:
        """Delete the rules and the record of injected faults."""
        self.set_rules([])
        self._call("DELETE", "fired")

    def _call(self, method: str, what: str, body: Any = None, timeout: float = Server.patience) -> Any:
        with urllib3.PoolManager() as http:
            answer = http.request(
                method,
                f"http://{self.host}:{self._control}/_microburst/{what}",
                body=json.dumps(body).encode() if body is not None else None,
                headers={"Content-Type": "application/json"},
                timeout=timeout,
                retries=False,
            )
        if answer.status != 200:
            raise StackError(f"the fault proxy refused {method} {what}: {answer.data.decode()}")
        return json.loads(answer.data)
