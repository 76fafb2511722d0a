"""The signature check against botocore's own signer, without a server."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any
from unittest import mock

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from connectors.base.secret import Secret
from local.standin.faults import ApiError
from local.standin.signature import MOST_CACHED_KEYS, Verifier

NOW = datetime(2024, 5, 6, 7, 8, 9, tzinfo=timezone.utc)
secrets = st.text(st.characters(codec="ascii", min_codepoint=33), min_size=1)
regions = st.text("abcdefghijklmnopqrstuvwxyz-0123456789", min_size=1, max_size=20)


def signed(body: bytes = b"{}", region: str = "r", secret: str = "s", **headers: str) -> CIMultiDict[str]:
    request = AWSRequest("POST", "http://localhost:8000/", {"X-Amz-Target": "T", **headers}, body)
    with mock.patch("botocore.auth.get_current_datetime", return_value=NOW.replace(tzinfo=None)):
        SigV4Auth(Credentials("account", secret), "dynamodb", region).add_auth(request)
    return CIMultiDict({**request.headers, "Host": "localhost:8000", "User-Agent": "not signed"})


def verifier(secret: str = "s", late: timedelta = timedelta()) -> Verifier:
    return Verifier("account", Secret(secret), lambda: NOW + late)


def code_of(headers: Any, body: bytes = b"{}", **more: Any) -> str:
    with pytest.raises(ApiError) as caught:
        verifier(**more).verify("POST", "/", headers, body)
    return caught.value.code


@given(body=st.binary(), region=regions, secret=secrets)
def test_a_request_signed_by_botocore_is_accepted_for_any_region(
    body: bytes, region: str, secret: str
) -> None:
    verifier(secret).verify("POST", "/", signed(body, region, secret), body)


@given(body=st.binary(), other=st.binary())
def test_a_request_with_another_body_is_refused(body: bytes, other: bytes) -> None:
    if body != other:
        assert code_of(signed(body), other) == "InvalidSignatureException"


def test_spaces_within_a_signed_header_are_folded() -> None:
    verifier().verify("POST", "/", signed(**{"X-Amz-Meta": "  a   b "}), b"{}")


@pytest.mark.parametrize(("minutes", "good"), [(15, True), (-15, True), (16, False), (-16, False)])
def test_clocks_may_differ_by_15_minutes(minutes: int, good: bool) -> None:
    late = timedelta(minutes=minutes)
    if good:
        verifier(late=late).verify("POST", "/", signed(), b"{}")
    else:
        assert code_of(signed(), late=late) == "InvalidSignatureException"


@pytest.mark.parametrize("part", ["Credential", "SignedHeaders", "Signature"])
def test_a_missing_part_is_an_incomplete_signature(part: str) -> None:
    headers = signed()
    headers["Authorization"] = headers["Authorization"].replace(f"{part}=", "Other=")
    assert code_of(headers) == "IncompleteSignatureException"


def test_a_signature_for_another_service_is_refused() -> None:
    headers = signed()
    headers["Authorization"] = headers["Authorization"].replace("/dynamodb/", "/s3/")
    assert code_of(headers) == "InvalidSignatureException"


def test_the_host_must_be_among_the_signed_headers() -> None:
    headers = signed()
    headers["Authorization"] = headers["Authorization"].replace("host;", "")
    assert code_of(headers) == "InvalidSignatureException"


def test_invented_regions_do_not_fill_the_memory() -> None:
    one = verifier()
    for number in range(MOST_CACHED_KEYS + 5):
        one.verify("POST", "/", signed(region=f"r{number}"), b"{}")
    assert len(one._signing_keys) <= MOST_CACHED_KEYS


def test_no_error_contains_the_secret() -> None:
    with pytest.raises(ApiError) as caught:
        verifier("the-secret").verify("POST", "/", signed(secret="wrong"), b"{}")
    assert "the-secret" not in str(caught.value)
