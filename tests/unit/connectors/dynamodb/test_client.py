from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Iterator, List

import pytest

from connectors.base.errors import ConfigError, TerminalError, TransientError
from connectors.base.secret import Secret
from connectors.dynamodb.client import Client
from connectors.dynamodb.connection import Timeouts, aws_endpoint, endpoint_of
from connectors.dynamodb.credentials import SigningKeys, StaticCredentials
from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.retry import Policy
from connectors.dynamodb.write.in_flight import SocketInFlight
from connectors.model.writes import Write
from tests.fakes.deadletters import FakeDeadLetters
from tests.fakes.httpserver import CLOSE, SILENCE, WRITTEN, ScriptedServer, answer, error
from tests.fakes.writer import writer_over

KEYS = StaticCredentials("account", Secret("generated"))
PATIENT = Timeouts(5.0, 60.0)
"""Time-outs that a busy machine does not exceed."""
IMPATIENT = Timeouts(1.0, 0.3)
"""Time-outs for a server that does not answer."""
QUICK = Policy(deadline=2.0, base=0.001, cap=0.01)

Serve = Callable[..., ScriptedServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: List[ScriptedServer] = []

    def start(*script: bytes, **options: Any) -> ScriptedServer:
        servers.append(ScriptedServer(script, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def client_of(server: ScriptedServer, **options: Any) -> Client:
    options.setdefault("policy", QUICK)
    options.setdefault("credentials", KEYS)
    options.setdefault("timeouts", PATIENT)
    return Client(server.url, "cn-north-1", **options)


def test_a_call_carries_its_target_and_gives_the_body_and_the_services_clock(serve: Serve) -> None:
    server = serve(answer(b'{"ok":1}'))
    response = client_of(server).call("Scan", b'{"TableName":"T"}')
    assert response == (b'{"ok":1}', 1763826240.0)
    assert b"X-Amz-Target: DynamoDB_20120810.Scan\r\n" in server.requests[0]
    assert server.requests[0].endswith(b'\r\n\r\n{"TableName":"T"}')


def test_the_streams_service_has_its_own_target_and_signs_as_dynamodb(serve: Serve) -> None:
    server = serve()
    client_of(server, service="streams.dynamodb").call("GetRecords", b"{}")
    assert b"X-Amz-Target: DynamoDBStreams_20120810.GetRecords\r\n" in server.requests[0]
    assert b"/cn-north-1/dynamodb/aws4_request" in server.requests[0]


def test_an_answer_without_a_date_gives_zero_never_our_own_clock(serve: Serve) -> None:
    server = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    assert client_of(server).call("Scan", b"{}").date == 0.0


@pytest.mark.parametrize(
    "head",
    [
        "Date: Sat, 22 Nov 99999999999 15:44:00 GMT",
        "Date: Sat, 99 Nov 2025 99:99:99 GMT",
        "Date: 1",
        "Date: ,",
        "Date: " + "9" * 5000,
        "x-amz-crc32: ²",
        "x-amz-crc32: " + "9" * 5000,
    ],
)
def test_a_header_that_cannot_be_read_counts_as_absent(serve: Serve, head: str) -> None:
    server = serve(f"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n{head}\r\n\r\n{{}}".encode("latin-1"))
    assert client_of(server).call("Scan", b"{}").date == 0.0


def test_a_redirect_is_an_error_that_says_where_to(serve: Serve) -> None:
    server = serve(answer(b"", "301 Moved Permanently", extra="Location: https://elsewhere/\r\n"))
    with pytest.raises(ServiceError, match=r"HTTP 301.*https://elsewhere.*dynamodb\.endpoint"):
        client_of(server).call("Scan", b"{}")
    assert len(server.requests) == 1


def test_a_clock_that_is_wrong_is_named_with_how_far(serve: Serve) -> None:
    # The scripted server's Date is of 2025.
    server = serve(error("InvalidSignatureException", status="403 Forbidden"))
    with pytest.raises(ServiceError, match=r"This machine's clock is [0-9]+ minutes ahead of the service's"):
        client_of(server).call("Scan", b"{}")


@pytest.mark.parametrize("late", [False, True])
def test_a_second_answer_that_nobody_asked_for_is_never_taken_for_a_later_requests(
    serve: Serve, late: bool
) -> None:
    """The second answer arrives while the connection is idle, not together with the first."""
    first, second = answer(b'"first"'), answer(b'"stale"')
    server = serve(first + (b"" if late else second), answer(b'"right"'))
    client = client_of(server)
    assert client.call("Scan", b"{}").body == b'"first"'
    if late:
        server.push(second)
    assert client.call("Scan", b"{}").body == b'"right"'
    assert server.connections == 2


def test_an_answer_behind_an_interim_one_is_the_answer(serve: Serve) -> None:
    server = serve(b"HTTP/1.1 100 Continue\r\n\r\n" + answer(b'"right"'))
    assert client_of(server).call("Scan", b"{}").body == b'"right"'
    assert len(server.requests) == 1


CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n"
)


def test_a_chunked_answer_is_put_together_and_its_connection_used_again(serve: Serve) -> None:
    server = serve(CHUNKED)
    client = client_of(server)
    assert client.call("Scan", b"{}").body == b"abcde"
    assert client.call("Scan", b"{}").body == b"{}"
    assert server.connections == 1


def test_bodies_of_megabytes_go_both_ways(serve: Serve) -> None:
    large = b'{"x":"' + b"y" * 3_000_000 + b'"}'
    server = serve(answer(large))
    assert client_of(server).call("Scan", large).body == large
    assert server.requests[0].endswith(large)


@pytest.mark.parametrize(
    "bad",
    [
        CLOSE,
        SILENCE,
        b"HTTP/1.1 200 OK\r\nContent-Length: 9991\r\n\r\n{cut",
        b"HTTP/1.1 200 OK\r\nContent-Length: 999",
        b"HTTP/1.1 200 OK\r\n\r\n{}",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        answer(b"{}", crc=1),
        answer(b"{}", "204 No Content"),
        answer(b"{}", "202 Accepted"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFF\r\n{}\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: ²\r\n\r\n{}".encode(),
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        answer(b"<html>", "502 Bad Gateway"),
        error("InternalServerError", status="500 Internal Server Error"),
        error("ProvisionedThroughputExceededException"),
        error("ThrottlingException"),
    ],
)
def test_a_transient_fault_is_retried(serve: Serve, bad: bytes) -> None:
    server = serve(bad, answer(b'{"fine":1}'))
    client = client_of(server, timeouts=IMPATIENT if bad == SILENCE else PATIENT)
    assert client.call("Scan", b"{}").body == b'{"fine":1}'
    assert (client.stats.requests, client.stats.retries) == (2, 1)


def test_throttles_are_counted(serve: Serve) -> None:
    client = client_of(serve(CLOSE, error("ThrottlingException"), error("ThrottlingException")))
    client.call("Scan", b"{}")
    assert (client.stats.retries, client.stats.throttles) == (3, 2)


def test_a_fault_that_lasts_ends_with_an_error_after_the_bound(serve: Serve) -> None:
    client = client_of(serve(*[CLOSE] * 1000), policy=Policy(0.2, 0.001, 0.01))
    with pytest.raises(TransientError, match=r"retried for .*Check dynamodb\.endpoint"):
        client.call("Scan", b"{}")


def test_an_endpoint_nobody_listens_on_is_transient_and_named(serve: Serve) -> None:
    server = serve()
    server.close()
    client = client_of(server, policy=Policy(0.05, 0.001, 0.01))
    with pytest.raises(TransientError, match=f"{server.url}: cannot connect.*dynamodb.endpoint"):
        client.call("Scan", b"{}")


def test_a_refusal_is_raised_at_once_with_its_code(serve: Serve) -> None:
    server = serve(error("ExpiredIteratorException"))
    with pytest.raises(ServiceError) as raised:
        client_of(server, service="streams.dynamodb").call("GetRecords", b"{}")
    assert (raised.value.code, raised.value.operation, raised.value.status) == (
        "ExpiredIteratorException",
        "GetRecords",
        400,
    )
    assert len(server.requests) == 1


class Rotating:
    def __init__(self, refreshable: bool = True) -> None:
        self.refreshed, self._refreshable = 0, refreshable

    def keys(self) -> SigningKeys:
        return SigningKeys(f"key{self.refreshed}", Secret("hush"))

    def refresh(self) -> bool:
        self.refreshed += 1
        return self._refreshable


def test_expired_keys_are_refreshed_once_and_the_request_repeated(serve: Serve) -> None:
    server, keys = serve(error("ExpiredTokenException")), Rotating()
    client_of(server, credentials=keys).call("Scan", b"{}")
    assert b"Credential=key0/" in server.requests[0]
    assert b"Credential=key1/" in server.requests[1]


@pytest.mark.parametrize(("refreshable", "requests"), [(True, 2), (False, 1)])
def test_keys_that_stay_expired_are_an_error(serve: Serve, refreshable: bool, requests: int) -> None:
    server = serve(*[error("ExpiredTokenException")] * 5)
    with pytest.raises(ServiceError, match="fresh credentials"):
        client_of(server, credentials=Rotating(refreshable)).call("Scan", b"{}")
    assert len(server.requests) == requests


def test_connections_are_kept_and_a_stale_one_costs_no_retry(serve: Serve) -> None:
    server = serve(close_after=True)
    client = client_of(server)
    for _ in range(5):
        client.call("Scan", b"{}")
    assert client.stats.retries == 0
    steady = serve()
    kept = client_of(steady)
    for _ in range(5):
        kept.call("Scan", b"{}")
    assert steady.connections == 1


def test_as_many_connections_are_kept_as_were_in_use_at_once(serve: Serve) -> None:
    server = serve()
    client = client_of(server)
    for _ in range(3):
        for pending in [client.begin("Scan", b"{}") for _ in range(100)]:
            client.finish(pending)
    assert server.connections == 100


def test_a_connection_the_server_means_to_close_is_not_used_again(serve: Serve) -> None:
    server = serve(*[answer(extra="Connection: close\r\n")] * 2)
    client = client_of(server)
    client.call("Scan", b"{}")
    client.call("Scan", b"{}")
    assert server.connections == 2


def test_many_threads_share_one_client(serve: Serve) -> None:
    server = serve()
    client = client_of(server)
    with ThreadPoolExecutor(8) as threads:
        bodies = list(threads.map(lambda _: client.call("Scan", b"{}").body, range(200)))
    assert bodies == [b"{}"] * 200
    assert client.stats.requests == 200
    assert server.connections <= 8


@pytest.mark.parametrize("raised", [TerminalError("orphaned"), TransientError("orphaned")])
def test_the_hook_runs_before_each_attempt_and_can_stop_it(serve: Serve, raised: Exception) -> None:
    server, calls = serve(CLOSE, CLOSE), []

    def hook() -> None:
        calls.append(1)
        if len(calls) == 3:
            raise raised

    client = client_of(server, before_attempt=hook)
    with pytest.raises(TerminalError, match="orphaned"):
        client.call("Scan", b"{}")
    assert len(server.requests) == 2


def test_closing_the_client_ends_the_back_off_of_other_threads(serve: Serve) -> None:
    client = client_of(serve(*[CLOSE] * 1000), policy=Policy(60, 30, 30))
    threading.Timer(0.1, client.close).start()
    with pytest.raises(TransientError, match="closed"):
        client.call("Scan", b"{}")


@pytest.mark.parametrize(
    "url", ["dynamodb.local:8000", "http://", "ftp://h", "http://h:port", "http://h/path", "http://u:p@h"]
)
def test_an_invalid_address_is_refused_with_the_key(url: str) -> None:
    with pytest.raises(ConfigError, match=r"target\.endpoint") as raised:
        endpoint_of(url, "target.endpoint")
    assert "u:p" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("http://h", "h"),
        ("http://h:80/", "h"),
        ("https://h:443", "h"),
        ("https://h:80", "h:80"),
        ("http://[::1]:5432", "[::1]:5432"),
    ],
)
def test_the_signed_host_leaves_out_the_schemes_own_port(url: str, authority: str) -> None:
    assert endpoint_of(url).authority == authority


@pytest.mark.parametrize(
    ("region", "service", "host"),
    [
        ("eu-west-1", "dynamodb", "dynamodb.eu-west-1.amazonaws.com"),
        ("cn-north-1", "dynamodb", "dynamodb.cn-north-1.amazonaws.com.cn"),
        ("cn-north-1", "streams.dynamodb", "streams.dynamodb.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_aws_addresses_follow_from_the_region(region: str, service: str, host: str) -> None:
    assert aws_endpoint(region, service) == (True, host, 443)


def test_an_invalid_region_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"dynamodb\.region"):
        Client("", "north pole", KEYS)


def test_answers_arrive_in_any_order_with_their_tags(serve: Serve) -> None:
    server = serve(*[answer(json.dumps(number).encode()) for number in range(20)])
    requests_in_flight = SocketInFlight(client_of(server))
    for tag in range(20):
        assert requests_in_flight.send(tag, b"%d" % tag)
    landed = [requests_in_flight.next_response(5) for _ in range(20)]
    assert sorted(tag for tag, _ in filter(None, landed)) == list(range(20))
    assert len(requests_in_flight) == 0


def test_a_request_without_an_answer_is_a_transient_fault_after_the_time_out(serve: Serve) -> None:
    requests_in_flight = SocketInFlight(client_of(serve(SILENCE), timeouts=IMPATIENT))
    requests_in_flight.send("a", b"{}")
    assert requests_in_flight.next_response(0.01) is None
    landed = requests_in_flight.next_response(None)
    assert landed is not None
    assert isinstance(landed[1], TransientError)


def test_an_answer_to_a_discarded_request_never_answers_a_later_one(serve: Serve) -> None:
    server = serve(answer(b'"late"'), answer(b'"right"'))
    requests_in_flight = SocketInFlight(client_of(server))
    requests_in_flight.send("old", b"{}")
    requests_in_flight.discard()
    requests_in_flight.send("new", b"{}")
    landed = requests_in_flight.next_response(5)
    assert landed is not None
    assert landed[0] == "new"
    assert server.connections == 2


def test_the_hook_stops_a_writer_before_anything_is_sent(serve: Serve) -> None:
    def orphaned() -> None:
        raise TransientError("orphaned")

    server = serve()
    writer = writer_over(client_of(server, before_attempt=orphaned), FakeDeadLetters())
    with pytest.raises(TerminalError, match="orphaned"):
        writer.write([Write("T", b'{"id":{"N":"1"}}', False, "")])
    assert server.requests == []


def test_a_writer_notices_stale_connections_and_expired_keys_without_counting_retries(serve: Serve) -> None:
    script = [WRITTEN, WRITTEN, CLOSE, error("ExpiredTokenException")]
    writer = writer_over(client_of(serve(*script), credentials=Rotating()), FakeDeadLetters(), in_flight=1)
    for number in range(4):
        report = writer.write([Write("T", b'{"id":{"N":"%d"}}' % number, False, "")])
        assert report[:3] == (1, 0, 0)
