"""What documents name is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_tests_that_prove_the_comparison_are_there() -> None:
    said = (ROOT / "docs/explanation/rollout-compared.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", said))
    sources = [file.read_text(encoding="utf-8") for file in ROOT.glob("tests/**/test_*.py")]
    defined = re.compile(r"^def (test_\w+)", re.MULTILINE)
    there = {name for source in sources for name in defined.findall(source)}
    assert len(named) > 20
    assert named - there == set()
