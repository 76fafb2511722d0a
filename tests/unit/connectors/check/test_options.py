"""Short forms become settings; what belongs to another option is left alone."""

from __future__ import annotations

import pytest

from connectors.base.errors import ConfigError
from connectors.check.options import FLAGS, HELP, VALUED, as_sets
from connectors.config import load


def test_each_option_is_a_short_form_of_a_setting() -> None:
    argv = ["--direction", "reverse", "--sample=10", "--tables", "a*;bcd", "--repair", "--delete-extra"]
    settings = load(as_sets([*argv, "--report", "/r"]), {})
    check = settings.check
    assert (check.direction, check.sample, check.repair, check.delete_extra) == ("reverse", 10, True, True)
    assert (settings.filter.white_table_set, check.report) == (("a*", "bcd"), "/r")


def test_a_check_of_changes_follows_until_it_is_stopped_or_quiet() -> None:
    check = load(as_sets(["--since", "/r", "--follow"]), {}).check
    assert (check.since, check.follow, check.until) == ("/r", True, "stopped")
    assert load(as_sets(["--since=/r", "--follow", "--until", "quiet"]), {}).check.until == "quiet"


def test_the_value_of_a_common_option_is_never_taken_for_a_flag() -> None:
    assert as_sets(["--polardbsk", "--repair", "--set", "--sample"]) == [
        "--polardbsk",
        "--repair",
        "--set",
        "--sample",
    ]


@pytest.mark.parametrize(
    ("argv", "key"),
    [
        (["--direction", "sideways"], "check.direction"),
        (["--sample", "-1"], "check.sample"),
        (["--delete-extra"], "check.deleteExtra"),
        (["--sample", "5", "--keys", "file"], "check.keys"),
        (["--set", "check.windowSeconds=100"], "check.settleSeconds"),
        (["--since", "r", "--keys", "file"], "check.since"),
        (["--since", "r", "--sample", "5"], "check.since"),
        (["--follow"], "check.follow"),
        (["--since", "r", "--follow", "--until", "noon"], "check.until"),
        (["--smaple", "5"], "argument 1"),
        (["--sample"], "--sample: needs a value"),
    ],
)
def test_a_mistake_is_named_by_its_setting(argv: list, key: str) -> None:
    with pytest.raises(ConfigError, match=key.split(".")[-1]):
        load(as_sets(argv), {})


def test_the_help_names_every_option() -> None:
    assert all(f"\n  {option} " in HELP for option in (*VALUED, *FLAGS))
