from __future__ import annotations

from pathlib import Path
from typing import Iterator, List

import pytest

from connectors.base.errors import ConfigError, PreflightError
from connectors.base.secret import Secret
from connectors.config import AccessKey, Settings, load
from connectors.dynamodb.aws import AwsConfiguration, Role
from connectors.dynamodb.clients import source_client, streams_client
from connectors.dynamodb.credentials import ChainCredentials, CredentialsError, SigningKeys
from connectors.dynamodb.faults import SOURCE, SettingNames
from connectors.targets.preflight.problems import explain
from tests.fakes.httpserver import ScriptedServer, answer

BOTH = ("dynamodb", "streams.dynamodb")


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment without this machine's variables, and shared files that a test can write."""
    import os

    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return tmp_path


def endpoints(profile: str = "") -> List[str]:
    aws = AwsConfiguration(profile or None, "eu-west-1")
    return [str(aws.endpoint(service)) for service in BOTH]


AWS = ["https://dynamodb.eu-west-1.amazonaws.com", "https://streams.dynamodb.eu-west-1.amazonaws.com"]


def test_without_any_configuration_the_endpoint_is_aws() -> None:
    assert endpoints() == AWS


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"AWS_ENDPOINT_URL": "http://a:1"}, ["http://a:1", "http://a:1"]),
        ({"AWS_ENDPOINT_URL_DYNAMODB": "http://a:1"}, ["http://a:1", AWS[1]]),
        ({"AWS_ENDPOINT_URL_DYNAMODB_STREAMS": "http://a:1"}, [AWS[0], "http://a:1"]),
        (
            {"AWS_ENDPOINT_URL": "http://a:1", "AWS_ENDPOINT_URL_DYNAMODB": "https://b"},
            ["https://b", "http://a:1"],
        ),
        ({"AWS_ENDPOINT_URL": ""}, AWS),
        ({"AWS_ENDPOINT_URL": "http://a:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, AWS),
        (
            {"AWS_ENDPOINT_URL": "http://a:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false"},
            ["http://a:1"] * 2,
        ),
        (
            {"AWS_USE_FIPS_ENDPOINT": "true"},
            [
                "https://dynamodb-fips.eu-west-1.amazonaws.com",
                "https://streams.dynamodb-fips.eu-west-1.amazonaws.com",
            ],
        ),
        (
            {"AWS_USE_DUALSTACK_ENDPOINT": "true"},
            ["https://dynamodb.eu-west-1.api.aws", "https://streams-dynamodb.eu-west-1.api.aws"],
        ),
        ({"AWS_USE_FIPS_ENDPOINT": "false", "AWS_USE_DUALSTACK_ENDPOINT": "false"}, AWS),
        ({"AWS_USE_FIPS_ENDPOINT": "true", "AWS_ENDPOINT_URL": "http://a:1"}, ["http://a:1"] * 2),
    ],
)
def test_the_variables_of_the_sdk_are_obeyed(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: List[str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert endpoints() == expected


PROFILES = """\
[profile whole]
endpoint_url = http://whole:1
[profile parts]
services = local
endpoint_url = http://whole:1
[services local]
dynamodb =
  endpoint_url = http://tables:2
dynamodb_streams =
  endpoint_url = http://streams:3
[profile half]
services = one
[services one]
dynamodb =
  endpoint_url = http://tables:2
[profile lost]
services = nowhere
[profile ignoring]
endpoint_url = http://whole:1
ignore_configured_endpoint_urls = true
[profile fips]
use_fips_endpoint = true
"""


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ("whole", ["http://whole:1", "http://whole:1"]),
        ("parts", ["http://tables:2", "http://streams:3"]),
        ("half", ["http://tables:2", AWS[1]]),
        ("ignoring", AWS),
        ("fips", [AWS[0].replace("dynamodb", "dynamodb-fips"), AWS[1].replace("dynamodb", "dynamodb-fips")]),
    ],
)
def test_the_profile_of_the_shared_file_is_obeyed(files: Path, profile: str, expected: List[str]) -> None:
    (files / "config").write_text(PROFILES)
    assert endpoints(profile) == expected


def test_a_variable_wins_over_the_profile(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (files / "config").write_text(PROFILES)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://a:1")
    assert endpoints("parts") == ["http://a:1", "http://a:1"]


def test_a_services_section_that_does_not_exist_is_named(files: Path) -> None:
    (files / "config").write_text(PROFILES)
    with pytest.raises(ConfigError, match="services: the profile names section nowhere"):
        endpoints("lost")


@pytest.mark.parametrize(
    "url", ["localhost:8000", "http://h/path", "http://user:hush@h", "http://:hush@h", "h"]
)
def test_a_variable_without_an_address_is_named_without_its_value(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", url)
    with pytest.raises(ConfigError, match="AWS_ENDPOINT_URL_DYNAMODB") as raised:
        endpoints()
    assert "hush" not in str(raised.value)


def test_an_invalid_region_is_refused_with_a_variant_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    with pytest.raises(ConfigError, match=r"dynamodb\.region: 'north pole'"):
        AwsConfiguration(None, "north pole").endpoint("dynamodb")


@pytest.mark.parametrize(
    ("variables", "region"),
    [
        ({"AWS_REGION": "eu-west-1"}, "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-2"),
        ({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-1"),
        ({"AWS_PROFILE": "here"}, "eu-west-3"),
    ],
)
def test_the_region_comes_from_the_variables_or_the_profile(
    files: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], region: str
) -> None:
    (files / "config").write_text("[profile here]\nregion = eu-west-3\n")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert AwsConfiguration(None, None).region == region
    assert AwsConfiguration(None, "cn-north-1").region == "cn-north-1"


def settings(*sets: str, keys: bool = True) -> Settings:
    given = ["--dynamodbak=AKID", "--dynamodbsk=hush"] if keys else []
    return load([*given, *(f"--set={each}" for each in ("dynamodb.region=eu-west-1", *sets))], {})


def test_a_setting_wins_over_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://a:1")
    assert str(source_client(settings("dynamodb.endpoint=http://b:2")).endpoint) == "http://b:2"
    assert str(streams_client(settings("dynamodb.endpoint=http://b:2")).endpoint) == "http://b:2"
    assert str(streams_client(settings("dynamodb.streamsEndpoint=http://c:3")).endpoint) == "http://c:3"
    assert str(source_client(settings("dynamodb.streamsEndpoint=http://c:3")).endpoint) == "http://a:1"


STS = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/reader/polarshake</Arn>
<AssumedRoleId>AROA:polarshake</AssumedRoleId></AssumedRoleUser>
<Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>role-secret</SecretAccessKey>
<SessionToken>role-token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>
</AssumeRoleResult></AssumeRoleResponse>"""
ARN = "arn:aws:iam::123456789012:role/reader"


def refusal(code: str, status: str = "403 Forbidden") -> bytes:
    inner = f"<Type>Sender</Type><Code>{code}</Code><Message>no: x\nhush</Message>"
    text = f"<ErrorResponse><Error>{inner}</Error></ErrorResponse>"
    return answer(text.encode(), status)


class Sts:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.servers: List[ScriptedServer] = []

    def answers(self, *script: bytes) -> ScriptedServer:
        server = ScriptedServer(script)
        self.servers.append(server)
        self._monkeypatch.setenv("AWS_ENDPOINT_URL_STS", server.url)
        self._monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        return server


@pytest.fixture
def sts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sts]:
    made = Sts(monkeypatch)
    yield made
    for server in made.servers:
        server.close()


def test_a_role_is_assumed_with_the_keys_that_are_given_in_the_settings_region(sts: Sts) -> None:
    server = sts.answers(answer(STS.encode()))
    client = source_client(settings(f"dynamodb.roleArn={ARN}", "dynamodb.externalId=customer=42"))
    keys = client._credentials.keys()
    assert keys == SigningKeys("ASIAROLE", Secret("role-secret"), Secret("role-token"))
    request = server.requests[0]
    assert b"Credential=AKID/" in request
    assert b"/eu-west-1/sts/aws4_request" in request
    assert b"RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Freader" in request
    assert b"ExternalId=customer%3D42" in request


def test_a_role_is_assumed_with_what_the_chain_finds(sts: Sts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "CHAINED")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    server = sts.answers(answer(STS.encode()))
    keys = source_client(settings(f"dynamodb.roleArn={ARN}", keys=False))._credentials.keys()
    assert keys.access_key == "ASIAROLE"
    assert b"Credential=CHAINED/" in server.requests[0]
    assert b"ExternalId" not in server.requests[0]


def test_a_profile_that_assumes_a_role_needs_no_region_of_its_own(files: Path, sts: Sts) -> None:
    (files / "config").write_text(f"[profile reader]\nrole_arn = {ARN}\nsource_profile = base\n")
    (files / "credentials").write_text("[base]\naws_access_key_id = BASE\naws_secret_access_key = hush\n")
    server = sts.answers(answer(STS.encode()))
    keys = source_client(settings("dynamodb.profile=reader", keys=False))._credentials.keys()
    assert keys.access_key == "ASIAROLE"
    assert b"/eu-west-1/sts/aws4_request" in server.requests[0]


def test_a_refresh_asks_again(sts: Sts) -> None:
    server = sts.answers(answer(STS.encode()), answer(STS.replace("ASIAROLE", "ASIANEXT").encode()))
    credentials = source_client(settings(f"dynamodb.roleArn={ARN}"))._credentials
    assert credentials.keys().access_key == "ASIAROLE"
    assert credentials.refresh()
    assert credentials.keys().access_key == "ASIANEXT"
    assert len(server.requests) == 2


def test_a_refresh_looks_through_the_chain_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "FIRST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    credentials = source_client(settings(keys=False))._credentials
    assert credentials.keys().access_key == "FIRST"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "SECOND")
    assert credentials.refresh()
    assert credentials.keys().access_key == "SECOND"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "AccessDenied",
            "AssumeRole was refused: AccessDenied: no: x .*dynamodb.roleArn and dynamodb.externalId",
        ),
        ("InvalidClientTokenId", "AssumeRole was refused: InvalidClientTokenId"),
        ("RequestTimeTooSkewed", "Correct this machine's clock"),
        ("ValidationError", "AssumeRole was refused: ValidationError"),
    ],
)
def test_a_role_that_may_not_be_assumed_is_reported_with_the_cause(sts: Sts, code: str, message: str) -> None:
    sts.answers(*[refusal(code)] * 5)
    with pytest.raises(PreflightError, match=message) as raised:
        source_client(settings(f"dynamodb.roleArn={ARN}"))._credentials.keys()
    assert "hush" not in str(raised.value)


@pytest.mark.parametrize(
    ("code", "status"),
    [("Throttling", "400 Bad Request"), ("InternalFailure", "500 Oops"), ("X", "503 Busy")],
)
def test_a_transient_fault_of_the_chain_does_not_blame_the_endpoint(sts: Sts, code: str, status: str) -> None:
    sts.answers(*[refusal(code, status)] * 50)
    client = source_client(settings(f"dynamodb.roleArn={ARN}"), seconds=0.0)
    with pytest.raises(CredentialsError, match="AssumeRole was refused") as raised:
        client.call("ListTables", b"{}")
    problem = explain(raised.value, SOURCE)
    assert "AssumeRole was refused" in problem.text
    assert "network" not in problem.text


BROKEN = {
    "a process that is not there": (
        "[profile p]\ncredential_process = /none/such\n",
        "FileNotFoundError|/none/such",
    ),
    "a process that says junk": (
        "[profile p]\ncredential_process = echo junk\n",
        "JSONDecodeError: Expecting",
    ),
    "a process that says another thing": ('[profile p]\ncredential_process = echo {"Version":1}\n', "."),
    "a token file that is not there": (
        f"[profile p]\nrole_arn = {ARN}\nweb_identity_token_file = /none/such\n",
        "FileNotFoundError.*/none/such",
    ),
    "a source profile that is not there": (
        f"[profile p]\nrole_arn = {ARN}\nsource_profile = nowhere\n",
        "nowhere",
    ),
    "a role without a source": (f"[profile p]\nrole_arn = {ARN}\n", "source_profile|credential_source"),
    "a profile that leads to itself": (
        f"[profile p]\nrole_arn = {ARN}\nsource_profile = q\n"
        f"[profile q]\nrole_arn = {ARN}\nsource_profile = p\n",
        "nfinite loop",
    ),
    "half a pair": ("[profile p]\naws_access_key_id = AKID\n", "aws_secret_access_key"),
    "a file that is none": ("[profile p\n", "config"),
    "no such profile": ("", r"\(p\)"),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_every_error_of_the_chain_is_converted_and_names_its_cause(files: Path, broken: str) -> None:
    text, message = BROKEN[broken]
    (files / "config").write_text(text)
    with pytest.raises((PreflightError, CredentialsError), match=f"AWS credentials.*({message})"):
        source_client(settings("dynamodb.profile=p", keys=False))._credentials.keys()


def test_every_error_of_a_provider_is_named() -> None:
    def load() -> object:
        raise ValueError("odd")

    with pytest.raises(PreflightError, match="AWS credentials cannot be read: ValueError: odd"):
        ChainCredentials(SettingNames(), load)


def test_keys_and_a_role_do_not_print() -> None:
    made = settings(f"dynamodb.roleArn={ARN}")
    assert isinstance(made.dynamodb.access_key, AccessKey)
    assert "hush" not in repr(made) + repr(Role(ARN))


def test_an_external_id_needs_its_role() -> None:
    with pytest.raises(ConfigError, match=r"dynamodb\.externalId: needs dynamodb\.roleArn too"):
        settings("dynamodb.externalId=42")


@pytest.mark.parametrize(
    "arn", ["reader", "arn:aws:iam::1:role/x", "arn:aws:iam::123456789012:user/x", "arn:aws:s3:::x"]
)
def test_an_invalid_role_is_refused(arn: str) -> None:
    with pytest.raises(ConfigError, match=r"dynamodb\.roleArn: must be the ARN of a role"):
        settings(f"dynamodb.roleArn={arn}")
