"""`make screenshots`: the pictures in docs/images: console, assessment and report of invented tables."""

from __future__ import annotations

import math
import sys
import tempfile
import time
from pathlib import Path

from msgspec.structs import replace

from connectors.check.report.difference import DifferenceKind
from connectors.check.report.files import FileReport
from connectors.check.report.summary import Summary, TableResult
from connectors.command.assess.page.render import render
from connectors.command.console.collect import Collector
from tests.fakes.cutover import summary
from tests.fakes.differences import damaged, difference, equal
from tests.fakes.differences import summary as damage_summary
from tests.harness.assessment import assessed, shop
from tests.harness.browser import NAMES, Browser, find
from tests.harness.console import EVERY, Migration, RunningConsole, following

IMAGES = Path(__file__).parents[2] / "docs" / "images"
NOON = 1_790_078_400.0
TABLES = {
    **{"prod-orders-eu-central-1": 804_112_331, "prod-orders-us-east-1": 431_009_118, "readings": 1_204_551},
    **{"customers": 20_417_332, "carts": 3_311_870, "sessions": 48_220_119, "invoices": 91_772_014},
}
POLLS, SECONDS = 240, 15.0


def played(folder: Path, history: Path) -> Migration:
    """An hour of the migration, polled as the console does."""
    migration = Migration(folder)
    migration.bench.now = NOON - POLLS * SECONDS
    collector = Collector(migration.flink, migration.look, history, lambda: migration.bench.now)
    for poll in range(POLLS):
        wave = math.sin(poll / 17) + math.sin(poll / 5) / 3
        lag = 41 if poll == POLLS - 1 else int(9 + max(0.0, 30 * wave * (poll > 100)))
        streamed = int(6000 * poll + 2500 * (wave + 1.4))
        migration.job.tables = {
            name: following(items, 6, streamed=(streamed if "eu-" in name else poll * 30))
            for name, items in TABLES.items()
        }
        migration.job.tables["prod-orders-eu-central-1"]["lagSeconds"] = lag
        if poll == 60:
            migration.check_runs()
            migration.bench.reports.summary = checked(migration.bench.now - 60)
            migration.flink.known["c1"].state = "FINISHED"
        if poll > 200:
            migration.job.tables["readings"]["deadLetters"] = 3
        migration.job.seconds = 18_000 + poll * SECONDS
        migration.job.checkpointed = migration.bench.now - 8
        collector.poll()
        migration.bench.now += SECONDS
    return migration


def checked(began: float) -> Summary:
    """A check of all tables."""
    one = summary(began)
    results = [TableResult(table=name, compared=items, equal=items) for name, items in TABLES.items()]
    whole = replace(one.totals, compared=sum(TABLES.values()), equal=sum(TABLES.values()))
    return replace(one, tables=results, totals=whole)


def moved_on(migration: Migration) -> None:
    """One more poll after the restart, so that there are speeds."""
    time.sleep(20 * EVERY)
    migration.bench.now += SECONDS
    for numbers in migration.job.tables.values():
        numbers["streamed"] += 6180 if numbers["lagSeconds"] > 10 else 31
    time.sleep(20 * EVERY)


def console_pictures(folder: Path, browser: Browser) -> None:
    history = folder / "console.json"
    migration = played(folder, history)
    with RunningConsole(migration, history) as console:
        moved_on(migration)
        for name, width, height, dark in (
            ("console", 1100, 1540, False),
            ("console-dark", 1100, 900, True),
            ("console-phone", 390, 844, False),
        ):
            browser.open(console.address, width, height, dark)
            browser.wait_for("document.querySelectorAll('#rows tr').length > 3")
            browser.wait_for("document.querySelectorAll('#before li').length > 3")
            saved(name, browser)


def assessment_picture(folder: Path, browser: Browser) -> None:
    page = folder / "assess.html"
    page.write_text(render(assessed(shop())), encoding="utf-8")
    browser.open(page, 1100)
    browser.open(page, 1100, browser.evaluate("document.scrollingElement.scrollHeight"))
    saved("assess", browser)


def report_picture(folder: Path, browser: Browser) -> None:
    """A check that has found a few differences, because that is when the report is read."""
    amounts = [("o-20260907-0041", "118.50", "131.00"), ("o-20260907-0112", "9.90", "12.40")]
    differences = [
        difference(DifferenceKind.MISSING, "carts", {"id": {"S": "c-77120"}}, {"id": {"S": "c-77120"}}),
        *(
            difference(
                DifferenceKind.DIFFERENT,
                "orders",
                {"id": {"S": key}},
                attributes={"total": ({"N": source}, {"N": target})},
            )
            for key, source, target in amounts
        ),
    ]
    report = FileReport(str(folder / "report"))
    report.rewrite(differences)
    tables = [damaged("orders", different=2), damaged("carts", missing=1), equal("customers", 20_417_332)]
    report.publish(damage_summary(*tables, equal("invoices", 91_772_014), equal("sessions", 48_220_119)))
    page = folder / "report" / "report.html"
    browser.open(page, 1100)
    browser.open(page, 1100, min(1300, browser.evaluate("document.scrollingElement.scrollHeight")))
    saved("report", browser)


def saved(name: str, browser: Browser) -> None:
    (IMAGES / f"{name}.png").write_bytes(browser.screenshot())
    print(f"docs/images/{name}.png")


def main() -> int:
    program = find()
    if program is None:
        print(f"no browser: none of {', '.join(NAMES)} is on the PATH", file=sys.stderr)
        return 1
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, Browser(program) as browser:
        assessment_picture(Path(folder), browser)
        report_picture(Path(folder), browser)
        console_pictures(Path(folder), browser)
    return 0


if __name__ == "__main__":
    sys.exit(main())
