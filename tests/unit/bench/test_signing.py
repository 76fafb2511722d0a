from __future__ import annotations

import time

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bench.options import REGION
from bench.signing import Signer
from connectors.base.secret import Secret


@pytest.mark.parametrize("body", [b"{}", b'{"TableName":"x"}' * 2000])
def test_signatures_are_those_of_botocore(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    target = "DynamoDB_20120810.Scan"
    fields = Signer("id", Secret("secret"), "localhost:8000", target).head(body).decode()
    date, authorization = (line.partition(": ")[2] for line in fields.strip().split("\r\n"))
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": target, "X-Amz-Date": date}
    request = AWSRequest("POST", "http://localhost:8000/", headers=headers, data=body)
    request.context["timestamp"] = date
    signer = SigV4Auth(Credentials("id", "secret"), "dynamodb", REGION)
    canonical = signer.canonical_request(request)
    expected = signer.signature(signer.string_to_sign(request, canonical), request)
    assert authorization.endswith(f"Signature={expected}")


def test_the_date_moves_with_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    signer = Signer("id", Secret("secret"), "localhost:8000", "DynamoDB_20120810.Scan")
    monkeypatch.setattr(time, "time", lambda: 0.0)
    signer._second = -1
    assert b"X-Amz-Date: 19700101T000000Z" in signer.head(b"{}")
    monkeypatch.setattr(time, "time", lambda: 86400.0)
    assert b"X-Amz-Date: 19700102T000000Z" in signer.head(b"{}")
