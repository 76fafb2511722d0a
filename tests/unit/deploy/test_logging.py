"""The lines that keep keys out of Flink's own logs are documented as the local cluster has them."""

from pathlib import Path

from local.stack.flink.config import QUIET

ROOT = Path(__file__).parents[3]


def test_every_line_is_in_the_documentation():
    lines = {line for line in QUIET.splitlines() if line.startswith("logger.")}
    documented = {line.strip() for line in (ROOT / "deploy" / "README.md").read_text().splitlines()}
    assert len(lines) == 10
    assert lines <= documented
