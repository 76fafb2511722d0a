from __future__ import annotations

import time
from typing import Optional

import botocore.auth
import botocore.awsrequest
import botocore.credentials
from hypothesis import given
from hypothesis import strategies as st

from connectors.base.secret import Secret
from connectors.dynamodb.credentials import SigningKeys
from connectors.dynamodb.signing import CONTENT_TYPE, Signer

TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)


def botocore_signature(
    host: str, region: str, target: str, body: bytes, keys: SigningKeys, now: float
) -> str:
    """The signature from botocore's three steps, at a given time."""
    token = keys.token.reveal() if keys.token else None
    credentials = botocore.credentials.Credentials(keys.access_key, keys.secret_key.reveal(), token)
    auth = botocore.auth.SigV4Auth(credentials, "dynamodb", region)
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    headers = {"Content-Type": CONTENT_TYPE, "X-Amz-Target": target, "X-Amz-Date": stamp}
    if token:
        headers["X-Amz-Security-Token"] = token
    request = botocore.awsrequest.AWSRequest("POST", f"http://{host}/", headers, body)
    request.context["timestamp"] = stamp
    canonical = auth.canonical_request(request)
    signature: str = auth.signature(auth.string_to_sign(request, canonical), request)
    listed = auth.signed_headers(auth.headers_to_sign(request))
    return f"AWS4-HMAC-SHA256 Credential={auth.scope(request)}, SignedHeaders={listed}, Signature={signature}"


@given(
    host=st.sampled_from(["10.0.0.1:5432", "dynamodb.cn-north-1.amazonaws.com.cn", "[::1]:8000"]),
    region=st.sampled_from(["cn-north-1", "eu-west-1", "anything"]),
    body=st.binary(max_size=2000),
    access_key=TEXT,
    secret_key=TEXT,
    token=st.none() | TEXT,
    now=st.floats(0, 4e9),
)
def test_the_signature_is_botocores_for_every_request(
    host: str, region: str, body: bytes, access_key: str, secret_key: str, token: Optional[str], now: float
) -> None:
    keys = SigningKeys(access_key, Secret(secret_key), Secret(token) if token else None)
    target = "DynamoDB_20120810.BatchWriteItem"
    head = Signer(region, host).head(target, body, keys, now).decode()
    expected = botocore_signature(host, region, target, body, keys, now)
    assert f"\r\nAuthorization: {expected}\r\n" in head


def test_the_cached_key_follows_the_day_and_the_secret() -> None:
    signer, target = Signer("eu-west-1", "h:1"), "T"
    old, new = SigningKeys("a", Secret("old")), SigningKeys("a", Secret("new"))
    for keys in (old, new, old):
        for now in (86_399.0, 86_400.0, 0.0):
            expected = botocore_signature("h:1", "eu-west-1", target, b"{}", keys, now)
            assert expected in signer.head(target, b"{}", keys, now).decode()
