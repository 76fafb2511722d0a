"""The console's page in a real browser."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connectors.base.errors import TransientError
from connectors.check.report.summary import Verdict
from tests.fakes.differences import HOSTILE
from tests.harness.axe import violations
from tests.harness.browser import Browser
from tests.harness.console import Migration, RunningConsole, following, scanning

DESKTOP, PHONE = 1280, 390
FILTER = (
    "(box => { box.value = 'WORDS'; box.dispatchEvent(new Event('input')); })"
    "(document.querySelector('#filter'))"
)


def opened(browser: Browser, console: RunningConsole, width: int = DESKTOP, dark: bool = False) -> None:
    browser.open(console.address, width, dark=dark)
    browser.wait_for("document.querySelector('#stages li') !== null")


def text(browser: Browser, selector: str) -> str:
    return str(browser.evaluate(f"document.querySelector({json.dumps(selector)}).innerText"))


def sees(browser: Browser, selector: str, words: str) -> None:
    browser.wait_for(
        f"document.querySelector({json.dumps(selector)}).innerText.includes({json.dumps(words)})"
    )


def stage(place: int) -> str:
    return f"#stages li:nth-child({place})"


def test_a_migration_is_watched_from_its_start_to_switch_now(
    browser: Browser, console: RunningConsole, migration: Migration
) -> None:
    opened(browser, console)
    sees(browser, "#headline", "The job is starting")
    migration.job.tables = {"orders": scanning(400, 1000), "users": scanning(10, 2000)}
    sees(browser, "#headline", "Copying, 0 of 2 tables complete")
    sees(browser, '[data-table="orders"]', "scanning")
    sees(browser, '[data-table="orders"]', "40 %")
    migration.job.tables = {"orders": following(1000, 41), "users": following(2000, deadLetters=3)}
    sees(browser, stage(1), "2 of 2 tables")
    sees(browser, stage(2), "1 table not live, worst lag 41 s")
    sees(browser, "#before", "users: 3 dead letters")
    sees(browser, "#story", "users (3): the target rejects items")
    migration.job.tables = {"orders": following(1000), "users": following(2000)}
    sees(browser, "#headline", "Following changes, 2 of 2 tables live")
    migration.check_runs(confirmed=2)
    sees(browser, stage(3), "4 differences so far")
    migration.check_ends(Verdict.DIFFERENT, different=3)
    sees(browser, stage(3), "DIFFERENT")
    sees(browser, '[data-table="orders"]', "≠ 3 differ")
    sees(browser, "#before", "3 differ")
    migration.check_runs()
    migration.check_ends(Verdict.EQUAL)
    sees(browser, stage(3), "EQUAL")
    sees(browser, stage(5), "ready: run polarshake cutover")
    assert migration.cut_over() == 0
    sees(browser, "#headline", "The application has moved to the target")
    sees(browser, stage(4), "running")
    sees(browser, stage(5), "done: SWITCH NOW was printed")
    sees(browser, "#story", "cutover: switch: done")
    assert browser.evaluate("document.querySelectorAll('#before .ok').length") == 8
    assert browser.complaints() == []
    assert {url.partition("/")[0] for url in browser.requests()} <= {"http:", "data:"}
    assert all(url.startswith((console.address, "data:")) for url in browser.requests())


def test_the_history_survives_a_restart_of_the_console(
    browser: Browser, migration: Migration, history: Path
) -> None:
    migration.job.tables = {"orders": following(1000)}
    with RunningConsole(migration, history) as console:
        opened(browser, console)
        sees(browser, "#story", "orders: copy complete")
    with RunningConsole(migration, history) as console:
        opened(browser, console)
        sees(browser, "#story", "forward job submitted")
        assert text(browser, "#story").count("orders: copy complete") == 1


def test_500_tables_are_filtered_sorted_and_shown_in_part(
    browser: Browser, console: RunningConsole, migration: Migration
) -> None:
    migration.job.tables = {f"table-{n:03}": following(n, n // 100) for n in range(500)}
    migration.job.tables["table-321"] = following(5, deadLetters=2)
    migration.job.tables["table-123"] = following(5, lag=4000)
    opened(browser, console)
    sees(browser, "#shown", "500 tables")
    rows = "[...document.querySelectorAll('#rows tr')].map(row => row.dataset.table)"
    assert browser.evaluate(rows)[:2] == ["table-321", "table-123"]
    assert len(browser.evaluate(rows)) == 50
    browser.evaluate("document.querySelector('#more').click()")
    assert len(browser.evaluate(rows)) == 500
    browser.evaluate(FILTER.replace("WORDS", "99"))
    assert browser.evaluate(rows) == [f"table-{n}99" for n in (4, 3, 2, 1, 0)]
    assert "of 500" in text(browser, "#shown")
    browser.evaluate("document.querySelector('[data-key=items] button').click()")
    browser.evaluate("document.querySelector('[data-key=items] button').click()")
    assert browser.evaluate(rows)[0] == "table-499"
    assert (
        browser.evaluate("document.querySelector('[data-key=items]').getAttribute('aria-sort')")
        == "descending"
    )
    browser.evaluate(FILTER.replace("WORDS", ""))
    browser.evaluate("document.querySelector('#open-only').click()")
    assert sorted(browser.evaluate(rows)) == ["table-123", "table-321"]
    assert browser.complaints() == []


def test_the_rows_keep_the_focus_and_the_filter_while_numbers_change(
    browser: Browser, console: RunningConsole, migration: Migration
) -> None:
    migration.job.tables = {"orders": following(1000), "users": following(10)}
    opened(browser, console)
    browser.evaluate("document.querySelector('#filter').focus()")
    browser.call("Input.insertText", text="ord")
    migration.job.tables["orders"] = following(7777)
    sees(browser, "#rows", "7,777")
    assert browser.evaluate("document.activeElement.id") == "filter"
    assert "users" not in text(browser, "#rows")


def test_what_needs_attention_is_listed_with_what_to_do_until_it_is_over(
    browser: Browser, console: RunningConsole, migration: Migration
) -> None:
    migration.job.checkpointed = migration.bench.now
    migration.job.tables = {f"table-{n}": following(10, deadLetters=1) for n in range(9)}
    opened(browser, console)
    sees(browser, "#findings", "table-0: 1 item rejected permanently")
    sees(browser, "#findings", "To do: ")
    assert browser.evaluate("document.querySelector('#findings code').innerText") == "polarshake letters list"
    assert "`" not in text(browser, "#findings")
    assert browser.evaluate("document.querySelectorAll('#findings li').length") == 6
    sees(browser, "#more-findings", "3 more: polarshake status --health")
    assert violations(browser) == []
    migration.job.tables = {"table-0": following(10)}
    browser.wait_for("document.querySelector('#health').hidden")
    assert browser.complaints() == []


def test_a_failed_job_and_a_cluster_that_does_not_answer_are_what_one_sees_first(
    browser: Browser, console: RunningConsole, migration: Migration
) -> None:
    migration.job.tables = {"orders": following(1000)}
    opened(browser, console)
    migration.job.failure, migration.job.restarts = "AccessDenied: no right to write", 7
    migration.job.state = "RESTARTING"
    sees(browser, "#headline", "The forward job is restarting")
    sees(browser, "#facts", "7 restarts")
    sees(browser, "#facts", "AccessDenied")
    migration.job.state = "FAILED"
    sees(browser, "#headline", "The forward job has failed")
    sees(browser, "#story", "forward job failed: AccessDenied: no right to write")
    assert browser.evaluate("document.querySelector('#head').className") == "bad"
    assert browser.evaluate("document.querySelector('h1').getBoundingClientRect().bottom") < 200
    migration.flink.down = True
    sees(browser, "#problem", str(TransientError("Flink does not answer")))
    sees(browser, "#rows", "orders")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_axe_finds_nothing(
    browser: Browser, console: RunningConsole, migration: Migration, width: int, dark: bool
) -> None:
    migration.job.tables = {
        "orders": scanning(400, 1000),
        "late": following(7, lag=900),
        "dead": following(7, deadLetters=1),
        "live": following(1),
    }
    migration.check_runs()
    migration.check_ends(Verdict.DIFFERENT, different=3)
    opened(browser, console, width, dark)
    sees(browser, "#rows", "orders")
    sees(browser, "#story", "check ended")
    assert violations(browser) == []
    browser.open(f"{console.address}help", width, dark=dark)
    assert violations(browser) == []


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_nothing_is_wider_than_the_window_even_with_hostile_names(
    browser: Browser, console: RunningConsole, migration: Migration, width: int
) -> None:
    migration.job.tables = {
        name[:200]: following(10**12, deadLetters=10**9) for name in (*HOSTILE, "W" * 200)
    }
    migration.job.failure = " ".join(HOSTILE)
    opened(browser, console, width)
    sees(browser, "#rows", "1,000,000,000,000")
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert browser.complaints() == []


def test_the_page_can_be_used_with_the_keyboard_alone(
    browser: Browser, console: RunningConsole, migration: Migration
) -> None:
    migration.job.tables = {"orders": following(1000)}
    migration.check_runs()
    migration.check_ends(Verdict.EQUAL)
    opened(browser, console)
    sees(browser, "#before", "EQUAL")
    browser.wait_for("!document.querySelector('#report').hidden")
    names = []
    for _ in range(16):
        browser.press("Tab", 9)
        names.append(
            browser.evaluate("document.activeElement.id || document.activeElement.innerText.split('\\n')[0]")
        )
    for wanted in ("Skip to the tables", "flink", "report", "filter", "open-only", "Table", "Last check"):
        assert wanted in names


def test_the_report_is_one_click_away(
    browser: Browser, console: RunningConsole, migration: Migration
) -> None:
    migration.check_runs()
    migration.check_ends(Verdict.EQUAL)
    opened(browser, console)
    browser.wait_for("!document.querySelector('#report').hidden")
    browser.open(f"{console.address}report", DESKTOP)
    assert text(browser, "h1") == "EQUAL"


def test_every_help_link_has_its_section(
    browser: Browser, console: RunningConsole, migration: Migration
) -> None:
    migration.job.tables = {"orders": following(1000, 4000, deadLetters=1)}
    opened(browser, console)
    sees(browser, "#before", "dead letter")
    links = browser.evaluate("[...document.querySelectorAll('a[href^=\"help#\"]')].map(a => a.hash)")
    assert len(links) >= 4
    browser.open(f"{console.address}help", DESKTOP)
    assert all(browser.evaluate(f"document.querySelector('{link}') !== null") for link in links)
