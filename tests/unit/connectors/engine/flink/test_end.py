import pytest

pytest.importorskip("pyflink")

from connectors.engine.flink.completion import Completion, suspended_in
from connectors.engine.flink.end import EndFunction
from tests.fakes.notices import done, plan, suspended

WORD = '["done"]'


def said(function, *notices):
    return [word for notice in notices for word in function.process_element(notice, None)]


def test_the_end_is_reported_once_and_not_before_every_segment_is_done():
    function = EndFunction(Completion(scan=True))
    assert said(function, plan("orders", parts=2), done(0, "orders")) == []
    assert said(function, done(1, "orders"), done(0, "orders"), plan("orders", parts=2)) == [WORD]


def test_a_new_run_reports_the_end_again_from_what_is_recalled():
    first = [plan("orders"), done(0, "orders")]
    assert said(EndFunction(Completion(scan=True)), *first) == [WORD]
    assert said(EndFunction(Completion(scan=True)), *first) == [WORD]


def test_the_end_names_the_tables_that_are_suspended():
    function = EndFunction(Completion(scan=True))
    (word,) = said(function, plan("orders", "users"), suspended("users", "denied"), done(0, "orders"))
    assert suspended_in(word) == ["denied"]
    assert suspended_in(WORD) == []
