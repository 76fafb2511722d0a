"""A nimo-shake.conf becomes an application.yaml, and each of its keys has an outcome."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.command.init.conversion import convert
from connectors.command.init.nimoshake import RULES
from connectors.command.init.outcome import Fate
from connectors.command.init.values import settings_of
from connectors.config.keys import as_mapping

DOCS = Path(__file__).parents[5] / "docs"


def became(text, key=None):
    """The outcome of the first key, or of the key `key`."""
    return next(outcome.became for outcome in convert(text).outcomes if key in (None, outcome.key))


def value(text, path):
    value = as_mapping(settings_of(convert(text).values))
    for name in path.split("."):
        value = value[name]
    return value


POLARDB = "target.type = aliyun_dynamo_proxy\n"
MONGODB = "target.type = mongodb\n"


@pytest.mark.parametrize(
    ("line", "path", "expected"),
    [
        (MONGODB + "id = shop", "mongodb.database", "shop"),
        ("sync_mode = all", "mode", "all"),
        ("sync_mode = full", "mode", "full"),
        ("sync_mode = incr", "mode", "incremental"),
        ("sync_mode = all\nsync_schema_only = true", "mode", "schema"),
        ("source.region = cn-north-1", "dynamodb.region", "cn-north-1"),
        ("source.endpoint_url = http://10.0.0.1:8000", "dynamodb.endpoint", "http://10.0.0.1:8000"),
        ("filter.collection.white = orders;user_1", "filter.whiteTableSet", ["orders", "user_1"]),
        ("filter.collection.black = orders", "filter.blackTableSet", ["orders"]),
        ("qps.full = 200", "scan.readLimit.rate", 200),
        ("qps.full = 200", "scan.readLimit.unit", "requests"),
        ("qps.full.batch_num = 128", "scan.limit", 128),
        (POLARDB, "target", "polardb"),
        (MONGODB, "target", "mongodb"),
        ("target.address = mongodb://host:27017", "target", "mongodb"),
        ("target.address = http://host:5432", "target", "polardb"),
        (POLARDB + "target.address = host:5432", "polardb.endpoint", "http://host:5432"),
        (MONGODB + "target.address = mongodb://host:27017", "mongodb.uri", "mongodb://host:27017"),
        (MONGODB + "target.mongodb.type = sharding", "mongodb.shard", True),
        (MONGODB + "target.mongodb.type = replica", "mongodb.shard", False),
        (MONGODB + "target.db.exist = rename", "tables.existing", "rename"),
        (POLARDB + "target.db.exist =", "tables.existing", "fail"),
        (MONGODB + "target.db.exist =", "tables.existing", "keep"),
        ("full.read.concurrency = 8", "scan.segments", 8),
        ("full.read.concurrency = 1", "scan.segments", "auto"),
        ("full.enable_index.user = false", "tables.createIndexes", False),
        *(
            (f"sync_mode = all\nsync_schema_only = {spelling}", "mode", "schema")
            for spelling in ("1", "t", "T", "true", "True", "TRUE")
        ),
        *(
            (f"sync_mode = full\nsync_schema_only = {spelling}", "mode", "full")
            for spelling in ("0", "f", "F", "false", "False", "FALSE")
        ),
        *(
            (f"full.enable_index.user = {spelling}", "tables.createIndexes", True)
            for spelling in ("True", "1")
        ),
        *((f"full.enable_index.user = {spelling}", "tables.createIndexes", False) for spelling in ("F", "0")),
        ("sync_mode = Full", "mode", "full"),
        (MONGODB + "convert.type = mchange", "mongodb.convert", "change"),
        (MONGODB + "convert.type = raw", "mongodb.convert", "raw"),
        (MONGODB + "convert._id = old", "mongodb.idPrefix", "old"),
    ],
)
def test_a_key_is_mapped(line, path, expected):
    assert value(line, path) == expected


def test_the_filter_takes_its_values_with_it():
    text = (
        "full.read.filter_expression = at > :begin AND kind = :k\n"
        "full.read.filter_attributevalues = begin```N```16~~~k```S```a=b"
    )
    assert value(text, "scan.filterExpression") == "at > :begin AND kind = :k"
    assert value(text, "scan.values") == {":begin": {"N": "16"}, ":k": {"S": "a=b"}}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (POLARDB + "target.db.exist = rename", "only MongoDB can rename"),
        ("filter.collection.white = orders\nfilter.collection.black = users", "both filters are set"),
        ("filter.collection.white = c1", "Until then ALL tables are included"),
        ("sync_mode = upside-down", "set mode"),
        ("qps.full = many", "is not a whole number"),
        ("qps.full = ٣", "is not a whole number"),
        ("sync_schema_only = yes", "is neither true nor false: set mode"),
        ("sync_schema_only = tRUE", "is neither true nor false: set mode"),
        ("full.enable_index.user = on", "is neither true nor false: set tables.createIndexes"),
        ("full.read.concurrency = 99999999", "scan.segments"),
        (MONGODB + "convert.type = same", "mongodb.convert"),
        ("target.type = mysql", "polardb or mongodb"),
        ("full.read.filter_expression = at > :begin", "scan.values"),
        ("full.read.filter_expression = a = :b\nfull.read.filter_attributevalues = b`N`1", "cannot be read"),
        (POLARDB + "target.address = http://me:secret@host:5432", "must not contain a user"),
    ],
)
def test_a_key_that_cannot_be_converted_says_what_to_do_instead(text, words):
    texts = [outcome.became.text for outcome in convert(text).outcomes if outcome.became.fate is Fate.INSTEAD]
    assert any(words in text for text in texts), texts
    assert not convert(text).complete(False)
    assert "secret" not in " ".join(texts)


SECRETS = """\
source.access_key_id = AKIA-one
source.secret_access_key = key-two
source.session_token = token-three
target.type = {type}
target.address = mongodb://me:pass-four@host:27017
target.access_key_id = name-five
target.secret_access_key = key-six
checkpoint.address = mongodb://me:pass-seven@host:27017
"""
VALUES = re.compile("AKIA-one|key-two|token-three|pass-four|name-five|key-six|pass-seven")


@pytest.mark.parametrize("kind", ["mongodb", "aliyun_dynamo_proxy"])
def test_secrets_are_neither_copied_nor_repeated(kind):
    converted = convert(SECRETS.format(type=kind))
    assert not VALUES.search(repr(converted))


def test_each_secret_is_reported_with_its_variable_and_option():
    places = {
        outcome.key: outcome.became.text for outcome in convert(SECRETS.format(type="mongodb")).outcomes
    }
    assert "POLARSHAKE_DYNAMODB_AK" in places["source.access_key_id"]
    assert "POLARSHAKE_DYNAMODB_SK" in places["source.secret_access_key"]
    assert "POLARSHAKE_DYNAMODB_SESSION_TOKEN" in places["source.session_token"]
    assert "POLARSHAKE_MONGODB_URI" in places["target.address"]
    polardb = {
        outcome.key: outcome.became.text for outcome in convert(POLARDB + "target.access_key_id = a").outcomes
    }
    assert "POLARSHAKE_POLARDB_AK" in polardb["target.access_key_id"]


def test_no_secret_in_the_old_file_means_the_default_chain():
    assert "default chain" in became("source.access_key_id =").text


def test_unknown_keys_are_named_with_their_nearest():
    assert became("qps.ful = 1") == (
        Fate.UNKNOWN,
        "is not a key of nimo-shake (did you mean qps.full?): not copied",
        {},
    )


def test_a_damaged_line_is_reported_by_its_number_and_not_repeated():
    (torn,) = [outcome for outcome in convert("# a comment\n\nhunter2\n").outcomes if outcome.line]
    assert (torn.line, torn.became.fate) == (3, Fate.UNKNOWN)
    assert "hunter2" not in repr(torn)


def test_the_last_value_of_a_repeated_key_applies():
    assert value("sync_mode = full\nsync_mode = all", "mode") == "all"
    assert became("sync_mode = full\nsync_mode = all").fate is Fate.UNNEEDED


def test_the_documented_keys_are_the_ones_that_are_known():
    section = (DOCS / "coming-from-nimo-shake.md").read_text().split("\n## ")[1]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    documented = {name for cell in cells for name in re.findall(r"`([\w.]+)`", cell)}
    assert documented <= set(RULES)


LINES = st.lists(
    st.tuples(
        st.sampled_from([*RULES, "odd.key", ""]),
        st.one_of(
            st.sampled_from(
                ["", "all", "true", "drop", "rename", "mongodb", "1", "-1", "http://a:1", "a```N```1"]
            ),
            st.text(st.characters(blacklist_categories=["Cs"])),
        ),
    )
)


@given(LINES)
def test_any_file_converts_to_values_that_load_and_every_line_has_an_outcome(lines):
    text = "\n".join(f"{key} = {content}" for key, content in lines)
    converted = convert(text)
    settings_of(converted.values)
    numbers = {outcome.line for outcome in converted.outcomes} - {0}
    assert len(numbers) == sum(
        bool(line.strip()) and not line.strip().startswith("#") for line in text.splitlines()
    )
    assert all(outcome.became.text for outcome in converted.outcomes)
