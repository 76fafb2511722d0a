from __future__ import annotations

import pytest

from connectors.check.report.sides import side


@pytest.mark.parametrize("end", ["", "/", "/?token=secret", "/#secret"])
def test_credentials_in_an_address_do_not_reach_the_report(end: str) -> None:
    assert side("PolarDB", f"http://user:secret@host:5432{end}").endpoint == "http://host:5432"


def test_text_that_is_no_address_is_not_repeated() -> None:
    assert side("PolarDB", "secret").endpoint == "unreadable address"


def test_without_an_endpoint_the_region_stands_in() -> None:
    assert side("Amazon DynamoDB", None, "cn-north-1").endpoint == "cn-north-1"
    assert side("Amazon DynamoDB", None).endpoint == "default region"
