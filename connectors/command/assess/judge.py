"""What the target refuses of the sampled items of one table. Pure, except that the target's driver judges."""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Sequence

import msgspec

from connectors.check.report.confidence import upper_bound
from connectors.check.report.values import show_key
from connectors.model.keys import KeySchema
from connectors.targets.limits import ItemLimits

_attributes = msgspec.json.Decoder(Dict[str, msgspec.Raw]).decode


class ItemFinding(NamedTuple):
    """A reason, and the sampled items that it applies to."""

    text: str
    refused: bool
    """False: a remark; the item is stored."""
    items: int
    sampled: int
    example: str
    """The key of one of them, for display."""

    @property
    def at_most(self) -> float:
        """The share of all items of the table, at most, with the confidence of the check's sample."""
        return upper_bound(self.sampled, self.items)


def judge_items(items: Sequence[bytes], limits: ItemLimits, schema: KeySchema) -> List[ItemFinding]:
    """One finding for each reason; those that are refused come first."""
    counts: Dict[str, int] = {}
    examples: Dict[str, bytes] = {}
    refused: Dict[str, bool] = {}
    for item in items:
        judgement = limits.judge(item)
        text = judgement.refused or judgement.remark
        if text:
            counts[text] = counts.get(text, 0) + 1
            examples.setdefault(text, item)
            refused[text] = bool(judgement.refused)
    findings = [
        ItemFinding(text, refused[text], count, len(items), _key_of(examples[text], schema))
        for text, count in counts.items()
    ]
    return sorted(findings, key=lambda finding: (not finding.refused, -finding.items))


def _key_of(item: bytes, schema: KeySchema) -> str:
    attributes = _attributes(item)
    key = {
        attribute.name: attributes[attribute.name]
        for attribute in schema.attributes
        if attribute.name in attributes
    }
    return show_key(msgspec.Raw(msgspec.json.encode(key)))
