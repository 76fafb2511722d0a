"""docs/scale.md."""

from __future__ import annotations

import textwrap
from typing import Callable, Iterator, Sequence, Tuple

from bench.scale import constants as c
from bench.scale.constants import Prices, Size
from bench.scale.model import Taken, takes
from connectors.command.estimate import constants as e

ROWS: Tuple[Tuple[str, Callable[[Taken], str]], ...] = (
    ("`lanes`, `readers`", lambda t: f"{t.lanes}, {t.readers}"),
    ("items", lambda t: f"{t.items:,}"),
    ("segments", lambda t: f"{t.segments:,}"),
    ("segment ends told to lanes", lambda t: f"{t.segments * t.lanes / 1e6:,.1f} million"),
    ("read capacity units", lambda t: f"{t.read_units / 1e6:,.0f} million"),
    ("hours of the copy", lambda t: f"{t.hours:,.1f}"),
    ("set by", lambda t: t.bound),
    ("the target must take", lambda t: f"{t.target_rate:,.0f} items/s"),
    ("a Scan call may take", lambda t: f"{t.page_seconds * 1000:,.0f} ms"),
    ("shards", lambda t: f"{t.shards:,}"),
    ("a new shard is found within", lambda t: f"{t.listing_seconds:,.0f} s"),
    ("GetRecords calls when idle", lambda t: f"{t.stream_calls:,.0f}/s"),
    ("remembered keys, each slot", lambda t: volume(t.touched_memory)),
    ("largest checkpoint", lambda t: volume(t.state)),
    ("new in each checkpoint", lambda t: volume(t.checkpoint)),
    ("series in Prometheus", lambda t: f"{t.series:,}"),
    ("cost of the copy, US$", lambda t: f"{t.cost:,.0f}"),
)


SLOT_BYTES = 4 << 30


HEAD = """
**Reckoned, not measured.** Nothing here has run at this size. The figures rest on one measurement,
{rate:,.0f} items of 1 KB a second and core ([performance.md](performance.md)), and on the assumption that
twice the slots do twice the work. What the target takes is not known here: the table says what it would have
to take. Prices are assumptions: {prices.million_read_units:.3f} US$ for a million read units,
{prices.million_stream_reads:.2f} for a million stream reads, {prices.slot_hour:.2f} for an hour of a slot
with one core and 4 GiB.
"""
LIMITS = """
Limits reckoned with: {e.TABLE_READ_UNITS:,} read units a second for a table (the default quota on demand), a
partition and so a shard for each {partition} GB, at least {c.SMALLEST_TABLE_SHARDS} for a table. Every write
is taken to change another key, which is the worst case for what is remembered.
"""


def page(sizes: Sequence[Size], slots: Sequence[int], prices: Prices) -> str:
    sections = (line for size in sizes for line in _section(size, slots, prices))
    return "\n".join([*_head(prices), *sections, ""])


def _head(prices: Prices) -> Iterator[str]:
    yield from ("# Scale, on paper", "")
    yield "Made by `python -m bench.scale > docs/scale.md`; `-h` shows how to put in your tables and prices."
    yield from ("", _filled(HEAD.format(rate=e.ITEMS_PER_CORE_SECOND, prices=prices)), "")
    yield _filled(LIMITS.format(c=c, e=e, partition=c.PARTITION_BYTES // 10**9))


def _filled(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), 120, break_long_words=False, break_on_hyphens=False)


def _section(size: Size, slots: Sequence[int], prices: Prices) -> Iterator[str]:
    found = [takes(size, each, prices) for each in slots]
    yield from ("", f"## {size.name}", "", f"{size.writes:,.0f} writes a second meanwhile.", "")
    yield f"| slots | {' | '.join(str(each) for each in slots)} |"
    yield f"|---|{'---:|' * len(slots)}"
    for name, show in ROWS:
        yield f"| {name} | {' | '.join(show(each) for each in found)} |"
    yield from ("", *(f"- {remark}" for remark in remarks(size, found)))


def remarks(size: Size, found: Sequence[Taken]) -> Iterator[str]:
    """What the figures mean, where they mean something."""
    first, last = found[0], found[-1]
    late = [each.slots for each in found if each.hours > e.RETENTION_HOURS]
    heavy = [each.slots for each in found if each.touched_memory > SLOT_BYTES / 4]
    if late:
        yield (
            f"With {_listed(late)} slots the copy takes longer than the stream's {e.RETENTION_HOURS} hours. "
            "That is allowed: the stream is read beside it."
        )
    if heavy:
        yield (
            f"With {_listed(heavy)} slots the remembered keys take more than a quarter of a slot's memory, "
            "if really every write changes another key: give the workers more, or copy at a quieter time."
        )
    if any(each.bound != "processors" for each in found):
        yield "Where the read quota sets the hours, more slots bring nothing: have the quota raised first."
    if first.listing_seconds > 10:
        yield (
            "DescribeStream allows few calls a second: a look at all tables takes "
            f"{first.listing_seconds:,.0f} s, so after a shard's end its changes may rest that long. "
            "Divide the tables over several jobs, or expect that lag."
        )
    if last.series > 50_000:
        yield (
            "Metrics by table and subtask are many: scrape less often, or drop those of tables that are done "
            "(`metric_relabel_configs`)."
        )
    if first.stream_calls >= 1000:
        yield (
            f"Following costs {first.stream_calls * 86_400 / 1e6:,.0f} million GetRecords calls a day, also "
            "when nothing changes: do not leave it on for longer than needed."
        )


def _listed(slots: Sequence[int]) -> str:
    return ", ".join(map(str, slots))


def volume(amount: float) -> str:
    for unit in ("B", "kB", "MB"):
        if amount < 1000:
            return f"{amount:,.0f} {unit}"
        amount /= 1000
    return f"{amount:,.1f} GB"
