"""The counterpart of each key of nimo-shake.conf. Pure. The keys: docs/coming-from-nimo-shake.md."""

from __future__ import annotations

import re
from typing import Callable, Dict, Mapping, Optional

from connectors.command.init.outcome import Became, instead, mapped, secret, unneeded

Conf = Mapping[str, str]
"""The whole file."""
Rule = Callable[[str, Conf], Became]
"""A function of a key's value and the file. The value is not empty, unless the key is in EMPTY_MEANS."""

CHAIN = "The SDK's default chain is used: environment, profile, role"
DROPS = instead(
    "keep is written, because recreate DROPS tables at the target: choose with --existing recreate or keep"
)
"""Of `target.db.exist = drop`: the user must say so again."""
ALWAYS_WHOLE = "always the case: each write puts the whole item"


def target_of(conf: Conf) -> str:
    """The target. Without target.type, the address decides."""
    kind = conf.get("target.type", "")
    if kind in ("mongodb", "aliyun_dynamo_proxy"):
        return "mongodb" if kind == "mongodb" else "polardb"
    return "mongodb" if conf.get("target.address", "").startswith("mongodb") else "polardb"


_TRUE = frozenset({"1", "t", "T", "true", "True", "TRUE"})
_FALSE = frozenset({"0", "f", "F", "false", "False", "FALSE"})
"""The words that nimo-shake, which uses Go's strconv.ParseBool, reads as a boolean. With any other word it
does not start."""
_UNREADABLE = "is neither true nor false"


def _flag_of(value: str) -> Optional[bool]:
    return True if value in _TRUE else False if value in _FALSE else None


def _mode(value: str, conf: Conf) -> Became:
    if _flag_of(conf.get("sync_schema_only", "")):
        return unneeded("sync_schema_only decides: mode: schema")
    mode = {"all": "all", "full": "full", "incr": "incremental"}.get(value.lower())
    return mapped({"mode": mode}) if mode else instead("set mode to all or full")


def _schema_only(value: str, conf: Conf) -> Became:
    only = _flag_of(value)
    if only is None:
        return instead(f"{_UNREADABLE}: set mode to schema, or leave it to sync_mode")
    return mapped({"mode": "schema"}) if only else unneeded("false: see sync_mode")


def _target(value: str, conf: Conf) -> Became:
    if value not in ("mongodb", "aliyun_dynamo_proxy"):
        return instead(f"set target to polardb or mongodb; until then it is {target_of(conf)}")
    return mapped({"target": target_of(conf)})


def _address(value: str, conf: Conf) -> Became:
    if target_of(conf) == "polardb":
        return mapped({"polardb.endpoint": value if "://" in value else f"http://{value}"})
    if "@" in value:
        return secret("--mongodburi", value, "")
    return mapped({"mongodb.uri": value})


def _identity(value: str, conf: Conf) -> Became:
    if target_of(conf) == "mongodb":
        return mapped({"mongodb.database": value})
    return unneeded("each Flink job has its own checkpoints; there is no checkpoint table to name")


def _existing(value: str, conf: Conf) -> Became:
    polardb = target_of(conf) == "polardb"
    if value == "drop":
        return DROPS
    if value == "rename" and polardb:
        return instead("only MongoDB can rename: set tables.existing to keep, fail or recreate")
    if value == "rename":
        return mapped({"tables.existing": "rename"})
    if value:
        return instead("set tables.existing to keep, fail or recreate")
    return mapped({"tables.existing": "fail" if polardb else "keep"})


def _filter(path: str) -> Rule:
    def rule(value: str, conf: Conf) -> Became:
        if conf.get("filter.collection.white") and conf.get("filter.collection.black"):
            return instead(
                "both filters are set, which nimo-shake treats as all tables: set one of them, or none for "
                "all tables"
            )
        return mapped({path: value})

    return rule


def _expression(value: str, conf: Conf) -> Became:
    values = _attribute_values(conf.get("full.read.filter_attributevalues", ""))
    if values is None:
        return instead("its values cannot be read: set scan.filterExpression and scan.values")
    sets = {"scan.filterExpression": value, **({"scan.values": values} if values else {})}
    return mapped(
        sets, "Check whether it is intended: the sample file has it too. It filters the copy, not the changes"
    )


def _values(value: str, conf: Conf) -> Became:
    if not conf.get("full.read.filter_expression"):
        return unneeded("no expression uses them")
    return unneeded("converted to scan.values together with full.read.filter_expression")


def _attribute_values(text: str) -> Optional[Dict[str, Dict[str, str]]]:
    """`begin```N```16~~~end```N```17` -> {":begin": {"N": "16"}, ..}; None if it does not have this form."""
    values: Dict[str, Dict[str, str]] = {}
    for part in filter(None, text.split("~~~")):
        words = part.split("```")
        if len(words) != 3 or words[1] not in ("N", "S"):
            return None
        values[f":{words[0].lstrip(':')}"] = {words[1]: words[2]}
    return values


def _number(*paths: str, note: str = "", more: Mapping[str, str] = {}) -> Rule:
    def rule(value: str, conf: Conf) -> Became:
        if not re.fullmatch("[0-9]{1,12}", value):
            return instead(f"is not a whole number: set {paths[0]}")
        return mapped({**more, **{path: int(value) for path in paths}}, note)

    return rule


def _segments(value: str, conf: Conf) -> Became:
    if value == "1":
        return unneeded("scan.segments: auto divides each table by its size")
    return _number("scan.segments", note="auto would divide each table by its size")(value, conf)


def _flag(path: str) -> Rule:
    def rule(value: str, conf: Conf) -> Became:
        flag = _flag_of(value)
        return instead(f"{_UNREADABLE}: set {path}") if flag is None else mapped({path: flag})

    return rule


def _of_mongodb(rule: Rule) -> Rule:
    def only(value: str, conf: Conf) -> Became:
        return rule(value, conf) if target_of(conf) == "mongodb" else unneeded("applies to MongoDB only")

    return only


def _of_polardb(rule: Rule) -> Rule:
    def only(value: str, conf: Conf) -> Became:
        return rule(value, conf) if target_of(conf) == "polardb" else unneeded("applies to PolarDB only")

    return only


def _convert(value: str, conf: Conf) -> Became:
    if target_of(conf) == "polardb":
        return unneeded("items are written to PolarDB unchanged, byte for byte")
    forms = {"raw": "raw", "change": "change", "mchange": "change"}
    if value not in forms:
        return instead("set mongodb.convert to raw or change")
    return mapped({"mongodb.convert": forms[value]})


def _secret(option: str, without: str) -> Rule:
    return lambda value, conf: secret(option, value, without)


def _always(because: str) -> Rule:
    return lambda value, conf: unneeded(because)


_CHECKPOINTS = "Flink's checkpoints hold the position: checkpoint.interval, and the cluster's folder for them"
_LOGS = "Flink's own logging"
_PORTS = "Flink's web UI, REST API and metric reporters; polarshake status"
RULES: Dict[str, Rule] = {
    "id": _identity,
    "conf.version": _always("application.yaml has no version"),
    "log.file": _always(_LOGS),
    "log.level": _always(_LOGS),
    "log.buffer": _always(_LOGS),
    "system_profile": _always("Flink's web UI shows threads and flame graphs"),
    "http_profile": _always(_PORTS),
    "full_sync.http_port": _always(_PORTS),
    "incr_sync.http_port": _always(_PORTS),
    "sync_mode": _mode,
    "sync_schema_only": _schema_only,
    "incr_sync_parallel": _always(
        "always the case: the stream is registered before the scan, and its changes follow after it"
    ),
    "source.access_key_id": _secret("--dynamodbak", CHAIN),
    "source.secret_access_key": _secret("--dynamodbsk", CHAIN),
    "source.session_token": _secret("--dynamodbtoken", "Only temporary keys have one"),
    "source.region": lambda value, conf: mapped({"dynamodb.region": value}),
    "source.endpoint_url": lambda value, conf: mapped(
        {"dynamodb.endpoint": value}, "It is used in every mode"
    ),
    "source.session.max_retries": _always("retries are bounded by time: write.retrySeconds"),
    "source.session.timeout": _always("write.requestTimeoutSeconds (30) applies to both sides"),
    "filter.collection.white": _filter("filter.whiteTableSet"),
    "filter.collection.black": _filter("filter.blackTableSet"),
    "qps.full": _number("scan.readLimit.rate", more={"scan.readLimit.unit": "requests"}),
    "qps.full.batch_num": _number("scan.limit", note="0 takes pages of 1 MB, in fewer calls"),
    "qps.incr": _always("the job backs off when throttled; streams.pollMilliseconds sets the interval"),
    "qps.incr.batch_num": _always("always 1000, the service's maximum"),
    "target.type": _target,
    "target.address": _address,
    "target.access_key_id": _of_polardb(_secret("--polardbak", "The job will need one")),
    "target.secret_access_key": _of_polardb(_secret("--polardbsk", "The job will need one")),
    "target.mongodb.type": _of_mongodb(lambda value, conf: mapped({"mongodb.shard": value == "sharding"})),
    "target.db.exist": _existing,
    "full.concurrency": _always(
        "all tables are copied at once; readers limits how much is read concurrently"
    ),
    "full.read.concurrency": _segments,
    "full.document.concurrency": _always("write.inFlight limits how much is written concurrently"),
    "full.document.parser": _always("items are not parsed"),
    "full.document.write.batch": _always("always 25, the service's maximum"),
    "full.enable_index.primary": _always("the key is always copied"),
    "full.enable_index.user": _flag("tables.createIndexes"),
    "full.executor.insert_on_dup_update": _always(ALWAYS_WHOLE),
    "full.read.filter_expression": _expression,
    "full.read.filter_attributevalues": _values,
    "increase.concurrency": _always("all open shards are read, regardless of their number"),
    "increase.executor.insert_on_dup_update": _always(ALWAYS_WHOLE),
    "increase.executor.upsert": _always(ALWAYS_WHOLE),
    "convert.type": _convert,
    "convert._id": _of_mongodb(lambda value, conf: mapped({"mongodb.idPrefix": value})),
    "checkpoint.type": _always(_CHECKPOINTS),
    "checkpoint.address": _always(_CHECKPOINTS),
    "checkpoint.db": _always(_CHECKPOINTS),
}
EMPTY_MEANS = frozenset(
    {
        "target.db.exist",
        "source.access_key_id",
        "source.secret_access_key",
        "source.session_token",
        "target.access_key_id",
        "target.secret_access_key",
    }
)
"""Keys whose empty value has a meaning."""
