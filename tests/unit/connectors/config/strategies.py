"""Settings of every shape, built from the declared keys."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict

from hypothesis import strategies as st

from connectors.config.choices import CopyMode, FollowUntil, GapPolicy, OnError
from connectors.config.keys import members
from connectors.config.settings import Settings
from connectors.config.suspensions import NumberedTable

TEXT = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1).filter(str.strip)
REGIONS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True)
URLS = st.builds("{}://{}:{}".format, st.sampled_from(["http", "https"]), REGIONS, st.integers(1, 65535))
# Names that YAML would take for something else without their spelling.
NAMES = st.one_of(
    st.sampled_from(
        ["yes", "null", "2024", "1e5", "0x1f", "true", "2024-01-01", "a_*", "*", "[a-c]x?", "[!a]*"]
    ),
    st.from_regex(r"[A-Za-z0-9_.-]{3,12}", fullmatch=True),
)
NAME_SETS = st.lists(NAMES, min_size=1).map(tuple)
NUMBERED = st.lists(st.builds(NumberedTable, NAMES, st.integers(1, 999_999_999)), max_size=3).map(tuple)
RATES = st.one_of(st.just(0.0), st.floats(0, 1e9, allow_nan=False), st.integers(0, 10**9).map(float))
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False).map(str)
LEAVES = st.one_of(
    st.builds(lambda s: {"S": s}, st.text(st.characters(blacklist_categories=["Cs"]))),
    st.builds(lambda n: {"N": n}, NUMBERS),
    st.builds(lambda: {"B": "AAEC"}),
    st.builds(lambda b: {"BOOL": b}, st.booleans()),
    st.builds(lambda: {"NULL": True}),
    st.builds(lambda n: {"NS": n}, st.lists(NUMBERS, min_size=1)),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda items: {"L": items}, st.lists(inner, max_size=3)),
        st.builds(lambda items: {"M": items}, st.dictionaries(TEXT, inner, max_size=3)),
    ),
    max_leaves=5,
)
WORDS = st.from_regex(r"[A-Za-z0-9_]{1,5}", fullmatch=True)

BY_KEY: Dict[str, Any] = {
    "mode": st.sampled_from(CopyMode),
    "region": REGIONS,
    "endpoint": URLS,
    "streams_endpoint": URLS,
    "profile": TEXT,
    "role_arn": st.from_regex(r"arn:aws(-cn)?:iam::[0-9]{12}:role/[A-Za-z/]{1,20}", fullmatch=True),
    "hostname": REGIONS,
    "port": st.integers(1, 65535),
    "database": st.from_regex(r"[a-z_0-9]{1,20}", fullmatch=True),
    "uri": st.builds("mongodb://{}:{}/?replicaSet={}".format, REGIONS, st.integers(1, 65535), REGIONS),
    "convert": st.sampled_from(["change", "raw"]),
    "document_id": st.sampled_from(["objectId", "key"]),
    "id_prefix": st.from_regex(r"[A-Za-z0-9_]{1,20}", fullmatch=True),
    "long_numbers": st.sampled_from(["text", "deadLetter"]),
    "slot_name": st.from_regex(r"[a-z0-9_]{1,63}", fullmatch=True),
    "publication": st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,62}", fullmatch=True),
    "existing": st.sampled_from(["keep", "fail", "recreate"]),
    "segments": st.one_of(st.none(), st.integers(1, 1_000_000)),
    "limit": st.integers(0, 1_000_000),
    "unit": st.sampled_from(["capacity", "requests"]),
    "rate": RATES,
    "prefetch_bytes": st.integers(1 << 20, 1 << 34),
    "gap": st.sampled_from(GapPolicy),
    "on_error": st.sampled_from(OnError),
    "resume": NUMBERED,
    "rescan": NUMBERED,
    "release": NAME_SETS,
    "start": st.sampled_from(["oldest", "now"]),
    "mark_origin": st.sampled_from(["changes", "all", "none"]),
    "start_position": st.sampled_from(["confirmed", "now"]),
    "slots": st.dictionaries(
        st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True),
        st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,9}", fullmatch=True),
        max_size=3,
    ),
    "slot_taken": st.sampled_from(["wait", "free"]),
    "slot_wait_seconds": st.integers(0, 86_400),
    "missing_table": st.sampled_from(["fail", "create", "skip"]),
    "truncate": st.sampled_from(["fail", "delete"]),
    "dropped_table": st.sampled_from(["fail", "ignore"]),
    "relations": st.dictionaries(
        st.from_regex(r"public\.[A-Za-z]{1,5}", fullmatch=True),
        st.fixed_dictionaries({"table": TEXT, "keys": st.dictionaries(TEXT, TEXT, max_size=2)}),
        max_size=2,
    ),
    "hold_hours": st.floats(1e-6, 20, allow_nan=False),
    "poll_milliseconds": st.integers(50, 60_000),
    "lanes": st.integers(1, 128),
    "readers": st.integers(1, 128),
    "parallelism": st.integers(1, 4096),
    "addressing": st.sampled_from(["auto", "virtual", "path"]),
    "interval": st.integers(100, 3_600_000),
    "attempts": st.integers(-1, 1_000_000),
    "retry_seconds": st.integers(120, 3600),
    "request_timeout_seconds": st.integers(1, 120),
    "max_delay_seconds": st.integers(30, 86_400),
    "initial_delay_seconds": st.integers(0, 30),
    "window_seconds": st.floats(0, 15),
    "settle_seconds": st.floats(15, 1e6),
    "until": st.sampled_from(FollowUntil),
    "path": st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="$"), min_size=1)
    .filter(lambda text: text.strip("/. "))
    .map("/mnt/{}".format),
}


@st.composite
def settings(draw: st.DrawFn) -> Settings:
    """Settings that break no rule: without both filters, and without undefined placeholders."""
    made: Settings = _drawn(draw, Settings())
    filters = draw(st.sampled_from(["white_table_set", "black_table_set"]))
    names = draw(st.dictionaries(WORDS.map("#{}".format), TEXT, max_size=3))
    values = draw(st.dictionaries(WORDS.map(":{}".format), VALUES, max_size=3))
    used = " ".join([*names, *values]) or None
    return replace(
        made,
        filter=replace(made.filter, **{filters: draw(NAME_SETS)}),
        check=replace(
            made.check,
            delete_extra=made.check.delete_extra and made.check.repair,
            since="/mnt/report" if made.check.follow else None,
        ),
        scan=replace(made.scan, filter_expression=used, names=names, values=values),
    )


def _drawn(draw: st.DrawFn, defaults: Any) -> Any:
    values: Dict[str, Any] = {}
    for member in members(type(defaults)):
        if member.section:
            values[member.attribute] = _drawn(draw, member.default)
        elif isinstance(member.default, bool):
            values[member.attribute] = draw(st.booleans())
        elif member.attribute in BY_KEY and draw(st.booleans()):
            value = draw(BY_KEY[member.attribute])
            values[member.attribute] = float(value) if isinstance(member.default, float) else value
    return replace(defaults, **values)
