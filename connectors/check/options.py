"""The check's own options: short forms of its settings."""

from __future__ import annotations

from typing import List, Sequence

from connectors.base.errors import ConfigError
from connectors.config.arguments import OPTIONS

VALUED = {
    "--direction": "check.direction",
    "--sample": "check.sample",
    "--keys": "check.keys",
    "--tables": "filter.whiteTableSet",
    "--report": "check.report",
    "--since": "check.since",
    "--until": "check.until",
}
FLAGS = {"--follow": "check.follow", "--repair": "check.repair", "--delete-extra": "check.deleteExtra"}


HELP = """\
options of the check, each short for a --set:
  --direction forward|reverse   which side is authoritative: DynamoDB (forward) or PolarDB
  --tables NAMES                only these tables: names and globs, separated by commas
  --sample N                    only N random keys of each table and side
  --keys FILE                   only these keys: an earlier report.jsonl, or lines of {"table": .., "key": ..}
  --repair                      write the source's value of each confirmed difference to the target
  --delete-extra                with --repair: delete items that exist only in the target. In a table that the
                                source lacks, nothing is deleted unless --tables names it in full
  --report FOLDER               folder of the report; default check-report, with --since `changes` below it
  --since REPORT                only the keys that have changed since the check with this report
  --follow                      with --since: again and again, until Ctrl-C
  --until quiet                 with --follow: until no key has changed and both sides are equal
"""


def as_sets(argv: Sequence[str]) -> List[str]:
    """The arguments, with each short form replaced by a --set. All others are unchanged.

    Raises ConfigError for an option without its value. The word after a common option is its value, even if
    it looks like an option.
    """
    arguments: List[str] = []
    words = list(argv)
    while words:
        word = words.pop(0)
        name, equals, value = word.partition("=")
        if name in VALUED:
            if not equals and not words:
                raise ConfigError("arguments", name, "needs a value")
            arguments += ["--set", f"{VALUED[name]}={value if equals else words.pop(0)}"]
        elif word in FLAGS:
            arguments += ["--set", f"{FLAGS[word]}=true"]
        else:
            arguments.append(word)
            if word in OPTIONS and words:
                arguments.append(words.pop(0))
    return arguments
