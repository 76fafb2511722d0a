from __future__ import annotations

import pytest

from connectors.targets.place import endpoint_place


@pytest.mark.parametrize("end", ["", "/", "/?token=secret", "/#secret"])
def test_credentials_in_an_address_do_not_reach_the_report(end: str) -> None:
    assert endpoint_place("PolarDB", f"http://user:secret@host:5432{end}").address == "http://host:5432"


def test_text_that_is_no_address_is_not_repeated() -> None:
    assert endpoint_place("PolarDB", "secret").address == "unreadable address"


def test_without_an_endpoint_the_region_is_used() -> None:
    assert endpoint_place("Amazon DynamoDB", None, "cn-north-1").address == "cn-north-1"
    assert endpoint_place("Amazon DynamoDB", None).address == "default region"
