"""The display of a job in 80 columns."""

import io

import pytest
from rich.console import Console

from connectors.base.table_fault import FaultKind
from connectors.command.progress.rates import ProgressRates
from connectors.command.status import document
from connectors.command.status.plain import lines
from connectors.command.status.view import picture
from tests.fakes.flink import FakeJob

LIVE = {"phase": 3, "generation": 1, "segments": 4, "segmentsDone": 4, "lagSeconds": 6, "scannedItems": 70}
LONG = "a_table_whose_name_is_longer_than_any_column_can_be_made"
SCANNING = {
    "phase": 3,
    "generation": 1,
    "segments": 4,
    "segmentsDone": 1,
    "expectedItems": 33_334,
    "lagSeconds": 86_400,
    "scannedItems": 14_300,
}
SHARDS = {"shardsPassedOver": 6, "shardsWaiting": 2, "shardsReading": 12_000, "shardsDone": 1}


def drawn(job, width=80, failure="", **options):
    written = io.StringIO()
    console = Console(file=written, width=width, force_terminal=True, color_system=None)
    console.print(picture(job.progress(), ProgressRates(), 100.0, failure, **options))
    return written.getvalue()


def job(**tables):
    made = FakeJob("beef" * 8, "polarshake forward")
    made.tables = tables
    return made


def row(text, *words):
    return next(line for line in text.splitlines() if all(word in line for word in words))


def test_a_table_shows_its_phase_share_and_lag():
    line = row(drawn(job(orders=SCANNING)), "orders")
    for part in ("scanning", "14,300  43%"):
        assert part in line


def test_while_a_table_is_scanned_its_changes_wait():
    scanned = job(orders={**SCANNING, "step": 0})
    assert "waits" in row(drawn(scanned), "orders")
    assert "changes have waited up to 1 d 00 h for the scan" in text(scanned)
    assert "lag" not in text(scanned)


def test_a_table_whose_scan_is_paused_shows_how_far_it_is_and_the_lag_in_hours():
    paused = job(orders={**SCANNING, "step": 2, "lagSeconds": 28_900})
    line = row(drawn(paused), "orders")
    for part in ("catching up", "14,300  43%", "8 h"):
        assert part in line
    assert "catching up, scan paused at 43%, 14,300 items, lag 8 h 01 min" in text(paused)


def text(job):
    return "\n".join(lines(job.progress(), ProgressRates()))


def test_shards_are_counted_by_the_states_of_nimo_shakes_checkpoint_table():
    text = drawn(job(orders={**SCANNING, **SHARDS}), with_shards=True)
    head, line = row(text, "wait father"), row(text, "12,000")
    assert " ".join(head.split()) == "shards of not process no need wait father in processing done"
    assert line.split() == ["orders", "-", "6", "2", "12,000", "1"]


def test_shards_are_shown_only_on_request_and_only_if_there_are_any():
    assert "shards" not in drawn(job(orders={**SCANNING, **SHARDS}))
    assert "shards" not in drawn(job(orders=SCANNING), with_shards=True)


def disturbed(tables):
    """A job that restarts again and again, with one table that needs attention."""
    made = job(**{f"table_{n:02}": LIVE for n in range(tables)})
    made.tables["table_11"] = {**LIVE, "deadLetters": 12_345}
    made.state, made.restarts = "RESTARTING", 7
    return made


def test_state_and_failure_come_first_and_everything_fits_into_24_lines():
    lines = drawn(disturbed(12), failure="AccessDenied: " + "x" * 120, most=23).splitlines()
    assert len(lines) <= 23
    assert "restarting for 1 min 05 s, 7 restarts" in lines[1]
    assert "AccessDenied" in lines[2]


@pytest.mark.parametrize("tables", [20, 500])
def test_the_table_that_needs_attention_is_first_and_the_rest_is_counted(tables):
    text = drawn(disturbed(tables), most=23)
    shown = [line.split()[0] for line in text.splitlines() if line.startswith("  table_")]
    assert shown[0] == "table_11"
    assert row(text, "more").split()[0] == f"{tables - len(shown)}"
    total = row(text, f"{tables} tables")
    assert (f"{tables} live" in total, total.split()[-1]) == (True, "12k")


def test_long_names_and_large_numbers_are_readable_in_80_columns():
    large = {**LIVE, "scannedItems": 9_765_925_000, "lagSeconds": 86_400, "deadLetters": 12_345}
    text = drawn(job(**{"prod-orders-eu-central-1": large, "prod-orders-us-east-1": LIVE}))
    line = row(text, "prod-orders-eu-central-1")
    for part in ("9.8 bn", "1 d", "12k"):
        assert part in line
    assert max(map(len, text.splitlines())) <= 80


def test_names_that_differ_at_their_ends_stay_different():
    names = [f"a-name-of-a-table-that-has-many-more-characters-{end}" for end in ("east", "west")]
    text = drawn(job(**dict.fromkeys(names, LIVE)))
    assert row(text, "east") != row(text, "west")


def test_a_check_shows_what_became_of_the_keys_that_differed():
    checking = {**SCANNING, "lanesLeft": 4, "suspects": 1200, "settled": 190, "confirmed": 1000}
    line = row(drawn(job(orders=checking)), "check")
    assert "1,200 keys differed at first: 190 settled, 1,000 confirmed" in line
    assert "1,000 differences so far" in text(job(orders=checking))
    assert "differed" not in drawn(job(orders=SCANNING))


def test_a_failure_with_control_characters_cannot_control_the_terminal():
    shown = drawn(job(), failure="refused \x1b[2J\x1b[31mgone")
    assert "\\u001b[2J" in shown
    assert "\x1b[2J" not in shown


def test_a_slot_shows_whether_it_is_read_its_lag_and_the_log_kept_for_it():
    reverse = FakeJob("1", "polarshake reverse")
    reverse.slots = {
        "flink_slot": {
            "slotActive": 1,
            "slotLagSeconds": 3,
            "slotLagBytes": 20_480,
            "retainedWalBytes": 1_540_000,
        }
    }
    line = " ".join(row(drawn(reverse), "flink_slot").split())
    assert line == "flink_slot yes 3 s 20 KB 1.5 MB"


def test_what_is_not_measured_yet_of_a_slot_is_a_dash_and_not_a_no():
    reverse = FakeJob("1", "polarshake reverse")
    reverse.slots = {"flink_slot": {"durableLsn": 1}}
    assert row(drawn(reverse), "flink_slot").split() == ["flink_slot", "-", "-", "-", "-"]
    reverse.slots = {"flink_slot": {"slotActive": 0}}
    assert row(drawn(reverse), "flink_slot").split()[1] == "no"


def test_the_checkpoint_line_shows_age_duration_and_size_of_the_last_and_the_number_of_failed_ones():
    forward = job(orders=SCANNING)
    forward.failed = 3
    line = row(drawn(forward), "checkpoints")
    assert "12, the last 5 s ago took 0.3 s and holds 20 KB, 3 failed" in line


def test_a_job_that_has_failed_says_why():
    text = drawn(job(), failure="connectors.base.errors.GapError: changes were lost " + "x" * 200)
    assert "changes were lost" in text
    assert max(map(len, text.splitlines())) <= 80


def test_no_line_is_wider_than_80_columns():
    reverse = job(**{LONG: {**SCANNING, **SHARDS, "deadLetters": 12_345}})
    reverse.slots = {LONG: {"slotLagBytes": 10**15, "slotLagSeconds": 360_000, "retainedWalBytes": 10**15}}
    assert max(map(len, drawn(reverse).splitlines())) <= 80


SUSPENDED = {**SCANNING, "suspended": 2, "suspendedReason": FaultKind.GAP, "suspendedIncomplete": 1}


def test_a_suspended_table_shows_its_number_the_reason_and_what_to_do():
    suspended = job(orders=SUSPENDED, other=SCANNING)
    shown = " ".join(drawn(suspended).split())
    assert "suspended" in row(drawn(suspended), "orders", "43%")
    assert "orders@2: changes left the stream before they were read" in shown
    assert "tables.rescan: [orders@2]" in shown
    assert "tables.resume: [orders@2]" not in shown
    assert "tables.rescan: [orders@2]" in text(suspended)


def test_a_suspended_table_that_can_go_on_shows_how():
    denied = {**SUSPENDED, "suspendedReason": FaultKind.SOURCE_DENIED, "suspendedIncomplete": 0}
    assert "`polarshake table resume orders@2` goes on where it was" in text(job(orders=denied))


def test_a_reason_of_a_later_version_is_shown_as_one_that_the_log_has():
    assert "the job's log has its text" in text(job(orders={**SUSPENDED, "suspendedReason": 99}))


def test_a_released_table_is_shown_as_such():
    assert "released" in row(drawn(job(orders={"released": 1, "deadLetters": 3})), "orders")


def test_a_table_that_is_handed_over_is_neither_live_nor_suspended():
    given = {**LIVE, "handedOver": 2, "handedOverAt": 5, "lagSeconds": 90_000}
    shown = drawn(job(orders=given, users=LIVE))
    assert "handed over" in row(shown, "orders")
    assert row(shown, "handed over").split()[-1] == "orders@2"
    made = document.job(job(orders=given).progress(), ProgressRates(), "").tables[0]
    assert (made.phase, made.lag_seconds, made.attention, made.suspended) == ("handed over", None, None, None)


def test_json_holds_the_suspension():
    rates = ProgressRates()
    made = document.job(job(orders=SUSPENDED, other=SCANNING).progress(), rates, "")
    suspended, other = made.tables
    assert (suspended.phase, suspended.suspended.number) == ("suspended", 2)
    assert "tables.rescan: [orders@2]" in suspended.suspended.advice
    assert other.suspended is None


def test_commands_and_the_rates_that_they_have_changed_are_shown():
    changed = job(orders={**LIVE, "scanRate": 5, "writeRate": -1}, users={**LIVE, "writeRate": 0})
    assert "commands" not in drawn(changed)
    changed.numbers = {"commandsFollowed": 3, "commandsRefused": 1, "scanRate": -1, "writeRate": 1000}
    shown = drawn(changed)
    assert row(shown, "commands").split() == ["commands", "3", "followed,", "1", "refused"]
    for line in (
        "all tables: write 1,000 a second, by command",
        "orders: scan 5 a second, by command",
        "users: write without a limit, by command",
    ):
        assert line in shown
    told = document.job(changed.progress(), ProgressRates(), "")
    assert (told.commands.followed, told.commands.refused, told.rates.write) == (3, 1, 1000)
    assert [(table.rates.scan, table.rates.write) for table in told.tables] == [(5, None), (None, 0)]
