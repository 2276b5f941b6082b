"""What documents name is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
COMPARED, PROMISES = "docs/explanation/rollout-compared.md", "docs/explanation/promises.md"
TEST = re.compile(r"`(test_\w+)`")


def rows(document: str) -> list[list[str]]:
    """The cells of each row of its tables, without their heads."""
    lines = (ROOT / document).read_text(encoding="utf-8").splitlines()
    found = [[c.strip() for c in line.strip("|").split("|")] for line in lines if line[:1] == "|"]
    return [cells for cells in found if "proven by" not in cells and set(cells[0]) != {"-"}]


@pytest.mark.parametrize(("document", "least"), [(COMPARED, 20), (PROMISES, 15)])
def test_the_tests_that_a_document_calls_proof_are_there(document: str, least: int) -> None:
    named = {name for cells in rows(document) for cell in cells for name in TEST.findall(cell)}
    sources = [file.read_text(encoding="utf-8") for file in ROOT.glob("tests/**/test_*.py")]
    defined = re.compile(r"^def (test_\w+)", re.MULTILINE)
    there = {name for source in sources for name in defined.findall(source)}
    assert len(named) > least
    assert named - there == set()


def test_what_is_claimed_in_the_comparison_names_its_proof_and_a_no_needs_none() -> None:
    claimed = [(c[0], c[2]) for c in rows(COMPARED) if not re.match(r"no\b(?!;)", c[1])]
    unproven = [what for what, proof in claimed if not TEST.search(proof)]
    # Of the tests themselves all tests are the proof.
    assert unproven == ["tests without an AWS account"]


def test_every_promise_names_its_proof() -> None:
    assert [promise for promise, proof in rows(PROMISES) if not TEST.fullmatch(proof)] == []
