"""The paper's figures follow from their constants, and the page is what the script prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.scale.__main__ import main
from bench.scale.constants import SIZES, SLOTS, Size
from bench.scale.model import ENUMERATOR_METRICS, WORKER_METRICS, takes
from bench.scale.page import page, volume
from connectors.command.estimate.constants import ITEMS_PER_CORE_SECOND
from connectors.command.estimate.prices import Prices, read_prices

DOCS = Path(__file__).parents[4] / "docs"
TEN_TB = SIZES[0]
PRICES = read_prices().prices
sizes = st.builds(
    Size,
    name=st.just("any"),
    tables=st.integers(1, 5000),
    table_bytes=st.integers(1, 10**14),
    writes=st.floats(0, 10**6),
    item_bytes=st.integers(50, 400_000),
)


def test_the_page_is_what_the_script_prints(capsys):
    main([])
    assert (DOCS / "internals/scale.md").read_text() == capsys.readouterr().out


def test_the_measurement_is_the_published_one():
    row = re.search(
        r"^\| job \| 2,000,000 \| [\d.]+ \| ([\d,]+) \|$",
        (DOCS / "internals/performance.md").read_text(),
        re.MULTILINE,
    )
    assert row
    assert int(row[1].replace(",", "")) == ITEMS_PER_CORE_SECOND * 2


@pytest.mark.parametrize(
    ("operator", "count"),
    [("enumerator", ENUMERATOR_METRICS), ("worker", WORKER_METRICS)],
)
def test_metrics_of_a_table_are_counted_as_they_are_documented(operator, count):
    rows = re.findall(rf"^\| {operator} \| (.*?) \|", (DOCS / "operate.md").read_text(), re.MULTILINE)
    assert sum(row.count("`table.T.") for row in rows) == count


def test_ten_terabytes_by_hand():
    taken = takes(TEN_TB, 8, Prices(million_read_units=1.0, million_stream_reads=0.0, slot_hour=0.0))
    assert taken.items == 9_765_625_000
    assert taken.segments == 9313  # one a gibibyte
    assert taken.read_units == pytest.approx(1_220_703_125)
    assert taken.hours == pytest.approx(9_765_625_000 / (19_650 * 8) / 3600)
    assert taken.shards == 1000  # one for 10 GB
    assert taken.cost == pytest.approx(1220.7, abs=0.1)


def test_no_table_is_read_faster_than_its_quota():
    taken = takes(TEN_TB, 10_000, PRICES)
    assert taken.bound == "read quota of a table"
    assert taken.hours == pytest.approx(10**13 / (40_000 * 8192) / 3600)


@given(sizes, st.integers(1, 128))
def test_more_slots_never_take_longer(size, slots):
    assert takes(size, slots * 2, PRICES).hours <= takes(size, slots, PRICES).hours


@given(sizes, st.sampled_from(SLOTS))
def test_nothing_is_negative_and_every_size_makes_a_page(size, slots):
    taken = takes(size, slots, PRICES)
    assert all(value >= 0 for value in taken if not isinstance(value, str))
    assert taken.readers <= 128
    assert taken.checkpoint <= taken.state
    assert f"## {size.name}" in page([size], [slots], PRICES)


def test_the_scan_pauses_for_its_changes_once_in_eight_hours():
    assert [takes(TEN_TB, slots, PRICES).pauses for slots in (4, 8, 16)] == [4, 2, 1]
    assert takes(TEN_TB, 8, PRICES).waiting == 5000 * 8 * 3600
    short = TEN_TB._replace(table_bytes=10**9)
    assert (takes(short, 8, PRICES).pauses, takes(short, 8, PRICES).waiting < 5000 * 60) == (0, True)


def test_a_copy_longer_than_the_retention_is_pointed_out():
    assert "longer than the stream's 24 hours" in page([TEN_TB], [2], PRICES)
    assert "longer than the stream's 24 hours" not in page([TEN_TB], [32], PRICES)


def test_your_own_tables_take_the_place_of_the_examples(capsys):
    main(["--tables", "3", "--table-bytes", "5000000000", "--slots", "4", "--slot-hour", "0.5"])
    printed = capsys.readouterr().out
    assert "## 3 of 5.0 GB" in printed
    assert TEN_TB.name not in printed
    assert "0.50 per hour" in printed


def test_volumes_have_units():
    assert [volume(each) for each in (0, 999, 1000, 2_500_000, 3 * 10**10)] == [
        "0 B",
        "999 B",
        "1 kB",
        "2 MB",
        "30.0 GB",
    ]
