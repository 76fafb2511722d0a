import pytest

pytest.importorskip("pyflink")

from connectors.engine.flink.completion import Completion
from connectors.engine.flink.end import DONE, EndFunction
from tests.fakes.notices import done, plan


def said(function, *notices):
    return [word for notice in notices for word in function.process_element(notice, None)]


def test_the_end_is_reported_once_and_not_before_every_segment_is_done():
    function = EndFunction(Completion(scan=True))
    assert said(function, plan("orders", parts=2), done(0, "orders")) == []
    assert said(function, done(1, "orders"), done(0, "orders"), plan("orders", parts=2)) == [DONE]


def test_a_new_run_reports_the_end_again_from_what_is_recalled():
    first = [plan("orders"), done(0, "orders")]
    assert said(EndFunction(Completion(scan=True)), *first) == [DONE]
    assert said(EndFunction(Completion(scan=True)), *first) == [DONE]
