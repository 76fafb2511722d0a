"""Exit codes: 0 if and only if both sides are equal."""

import signal

import pytest

from connectors.base.errors import TransientError
from local.demo import __main__ as main
from local.stack.errors import StackError
from local.traffic import Busy


def run(monkeypatch, outcome, argv=(), signals=lambda number: None):
    class Demo:
        def __init__(self, items, screen, target):
            self.items = items

        def run(self):
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome

    class Other(Demo):
        def run(self):
            raise AssertionError("the other demo was asked for")

    back = "--reverse" in argv
    monkeypatch.setattr(main, "Demo", Other if back else Demo)
    monkeypatch.setattr(main, "RollbackDemo", Demo if back else Other)
    monkeypatch.setattr(main.signal, "signal", lambda number, _: signals(number))  # type: ignore[attr-defined]
    return main.main(list(argv))


@pytest.mark.parametrize("argv", [(), ("--reverse",)])
@pytest.mark.parametrize(("equal", "code"), [(True, 0), (False, 1)])
def test_the_exit_code_is_the_verdict(monkeypatch, equal, code, argv):
    assert run(monkeypatch, equal, argv) == code


@pytest.mark.parametrize(
    "error",
    [
        StackError("no Flink"),
        TransientError("x"),
        Busy("PutItem", "x"),
        TimeoutError("x"),
        KeyboardInterrupt(),
    ],
)
def test_any_error_that_prevents_a_verdict_gives_2(monkeypatch, capsys, error):
    assert run(monkeypatch, error) == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize("items", ["0", "-5", "many", "1000000000"])
def test_an_impossible_number_of_items_is_refused_before_anything_starts(monkeypatch, items):
    with pytest.raises(SystemExit) as left:
        run(monkeypatch, True, ["--", items])
    assert left.value.code == 2


def test_a_number_may_be_written_with_commas():
    assert main._arguments(["20,000"]).items == 20_000


@pytest.mark.parametrize(("ignored", "handled"), [(signal.SIG_DFL, True), (signal.SIG_IGN, False)])
def test_a_demo_under_nohup_outlives_its_terminal(monkeypatch, ignored, handled):
    taken = []
    monkeypatch.setattr(main.signal, "getsignal", lambda _: ignored)  # type: ignore[attr-defined]
    run(monkeypatch, True, signals=taken.append)
    assert (signal.SIGHUP in taken) == handled
