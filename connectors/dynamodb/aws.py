"""The configuration of the AWS SDK: environment, profile, shared files.

botocore is imported on first use, because a job's `main()` may run on a machine without it.
"""

from __future__ import annotations

import os
from functools import cached_property
from typing import Any, Dict, Mapping, NamedTuple, Optional

from connectors.base.errors import ConfigError
from connectors.dynamodb.connection import Endpoint, aws_endpoint, endpoint_of
from connectors.dynamodb.credentials import SigningKeys, assumed, guarded

SERVICES = {"dynamodb": "dynamodb", "streams.dynamodb": "dynamodb_streams"}
"""Name of each service in the variables and in the shared configuration file, by its name in AWS's endpoint
data."""


class Configured(NamedTuple):
    url: str
    name: str
    """The variable or the key that contains the URL."""


class Role(NamedTuple):
    """A role to assume, with the keys or with the credentials of the default chain."""

    arn: str
    external_id: Optional[str] = None


class AwsConfiguration:
    """The configuration of one profile, read by botocore."""

    def __init__(
        self, profile: Optional[str], region: Optional[str], environ: Mapping[str, str] = os.environ
    ) -> None:
        """`region`: the region in the settings, or None."""
        self._profile, self._region, self._environ = profile, region, environ

    @cached_property
    def session(self) -> Any:
        """A botocore session with the region of the settings. A role is assumed in that region unless its
        profile names another."""
        import botocore.session

        session = botocore.session.Session(profile=self._profile)
        region = self._region or self._environ.get("AWS_REGION")
        if region:
            session.set_config_variable("region", region)
        return session

    @property
    def region(self) -> str:
        """The region. Raises ConfigError if there is none."""
        region = self._region or self._environ.get("AWS_REGION") or self._variable("region")
        if not region:
            raise ConfigError(
                "application.yaml",
                "dynamodb.region",
                "is not set, and neither AWS_REGION nor the profile has one",
            )
        return str(region)

    @property
    def ca_bundle(self) -> str:
        """The profile's bundle; empty if it has none."""
        return str(self._variable("ca_bundle") or "")

    def credentials(self, keys: Optional[SigningKeys], role: Optional[Role]) -> Any:
        """botocore credentials, or None if there are none. `keys` replace the default chain. A `role` is
        assumed with the keys or with the credentials of the chain."""
        source = self.session.get_credentials() if keys is None else _of_botocore(keys)
        if source is None or role is None:
            return source
        return assumed(self.session, source, role.arn, role.external_id)

    def endpoint(self, service: str) -> Endpoint:
        """The configured endpoint of a service. Raises ConfigError.

        The order is botocore's: variables before files, and the setting of a service before the general one.
        """
        configured = self._configured(service)
        if configured is not None:
            return endpoint_of(configured.url, configured.name, "the AWS configuration")
        fips, dual_stack = self._flag("use_fips_endpoint"), self._flag("use_dualstack_endpoint")
        return aws_endpoint(self.region, service, "dynamodb.region", fips, dual_stack)

    def _configured(self, service: str) -> Optional[Configured]:
        if self._flag("ignore_configured_endpoint_urls"):
            return None
        for name in (f"AWS_ENDPOINT_URL_{SERVICES[service].upper()}", "AWS_ENDPOINT_URL"):
            if self._environ.get(name):
                return Configured(self._environ[name], name)
        profile: Dict[str, Any] = guarded(self.session.get_scoped_config)
        section = profile.get("services")
        if section:
            url = self._services(str(section)).get(SERVICES[service], {}).get("endpoint_url")
            if url:
                return Configured(str(url), f"services {section}, endpoint_url of {SERVICES[service]}")
        url = profile.get("endpoint_url")
        return Configured(str(url), "endpoint_url of the profile") if url else None

    def _services(self, section: str) -> Dict[str, Any]:
        endpoints = guarded(lambda: self.session.full_config).get("services", {}).get(section)
        if not isinstance(endpoints, dict):
            raise ConfigError(
                "the AWS configuration",
                "services",
                f"the profile names section {section}, which does not exist",
            )
        return {name: inner for name, inner in endpoints.items() if isinstance(inner, dict)}

    def _flag(self, name: str) -> bool:
        return bool(self._variable(name))

    def _variable(self, name: str) -> Any:
        return guarded(lambda: self.session.get_config_variable(name))


def _of_botocore(keys: SigningKeys) -> Any:
    from botocore.credentials import Credentials

    token = keys.token.reveal() if keys.token else None
    return Credentials(keys.access_key, keys.secret_key.reveal(), token)
