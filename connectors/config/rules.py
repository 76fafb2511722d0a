"""Rules between keys."""

from __future__ import annotations

from typing import Callable, NamedTuple, Set, Tuple

from connectors.config.choices import Direction, TargetName
from connectors.config.document import Tree
from connectors.config.expressions import placeholders
from connectors.config.mistakes import Mistakes
from connectors.config.settings import Settings


class Rule(NamedTuple):
    keys: Tuple[str, ...]
    """The keys that the rule compares; a message names the first."""
    broken: Callable[[Settings], bool]
    problem: str


def _undefined(sign: str, settings: Settings) -> bool:
    """Whether a placeholder is used but not defined, or defined but not used. Scan rejects both."""
    defined = {*settings.scan.names, *settings.scan.values}
    differing: Set[str] = placeholders(settings.scan.filter_expression or "") ^ defined
    return any(placeholder.startswith(sign) for placeholder in differing)


RULES = (
    Rule(
        ("filter.blackTableSet", "filter.whiteTableSet"),
        lambda settings: bool(settings.filter.white_table_set and settings.filter.black_table_set),
        "and filter.whiteTableSet are both set; only one of them may be",
    ),
    Rule(
        ("dynamodb.profile",),
        lambda settings: bool(settings.dynamodb.profile and settings.dynamodb.access_key),
        "is set and keys are given too; use only one of them",
    ),
    Rule(
        ("dynamodb.externalId", "dynamodb.roleArn"),
        lambda settings: bool(settings.dynamodb.external_id and not settings.dynamodb.role_arn),
        "needs dynamodb.roleArn too",
    ),
    Rule(
        ("polardb.sslMode", "polardb.sslRootCert"),
        lambda settings: (
            settings.polardb.ssl_mode.startswith("verify") and not settings.polardb.ssl_root_cert
        ),
        "can be verify-ca or verify-full only with polardb.sslRootCert",
    ),
    Rule(
        ("tables.existing",),
        lambda settings: settings.tables.existing == "rename" and settings.target is not TargetName.MONGODB,
        "can be rename only with target: mongodb",
    ),
    Rule(
        ("write.requestTimeoutSeconds", "write.retrySeconds"),
        lambda settings: settings.write.request_timeout_seconds > settings.write.retry_seconds,
        "must not be above write.retrySeconds",
    ),
    Rule(
        ("check.settleSeconds", "check.windowSeconds"),
        lambda settings: settings.check.settle_seconds < settings.check.window_seconds,
        "must not be below check.windowSeconds",
    ),
    Rule(
        ("check.direction",),
        lambda settings: (
            settings.check.direction is Direction.REVERSE and settings.target is TargetName.MONGODB
        ),
        "can be reverse only with target: polardb; there is no replication from MongoDB to DynamoDB",
    ),
    Rule(
        ("check.keys", "check.sample"),
        lambda settings: bool(settings.check.keys and settings.check.sample),
        "and check.sample are both set; only one of them may be",
    ),
    Rule(
        ("check.since", "check.keys", "check.sample"),
        lambda settings: bool(settings.check.since and (settings.check.keys or settings.check.sample)),
        "cannot be combined with check.keys or check.sample",
    ),
    Rule(
        ("check.follow", "check.since"),
        lambda settings: settings.check.follow and not settings.check.since,
        "needs check.since too",
    ),
    Rule(
        ("check.deleteExtra", "check.repair"),
        lambda settings: settings.check.delete_extra and not settings.check.repair,
        "needs check.repair too",
    ),
    Rule(
        ("restart.initialDelaySeconds", "restart.maxDelaySeconds"),
        lambda settings: settings.restart.initial_delay_seconds > settings.restart.max_delay_seconds,
        "must not be above restart.maxDelaySeconds",
    ),
    Rule(
        ("scan.names", "scan.filterExpression"),
        lambda settings: _undefined("#", settings),
        "must define every #name that scan.filterExpression uses, and no other",
    ),
    Rule(
        ("scan.values", "scan.filterExpression"),
        lambda settings: _undefined(":", settings),
        "must define every :value that scan.filterExpression uses, and no other",
    ),
)


def check(settings: Settings, tree: Tree, mistakes: Mistakes) -> None:
    """Adds a mistake for each broken rule, unless one of its keys has a mistake of its own."""
    mistaken = {error.key for error in mistakes.errors}
    for rule in RULES:
        if rule.broken(settings) and not mistaken & set(rule.keys):
            mistakes.add(_where(tree, rule.keys), rule.keys[0], rule.problem)


def _where(tree: Tree, keys: Tuple[str, ...]) -> str:
    """The place of the first of the keys that is given; the others have their defaults."""
    for key in keys:
        section, name = key.split(".")
        inner = tree[section].value if section in tree else None
        if isinstance(inner, dict) and name in inner:
            return str(inner[name].where)
    return "configuration"
