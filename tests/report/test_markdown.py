"""The summary for a pull request says what matters first, and obeys nothing that it quotes."""

from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from baseline.findings.comparison import Change
from baseline.findings.coverage import Covered
from baseline.findings.model import FAIL, MUTED, PASS, UNKNOWN
from baseline.report.content import Answer, Comparison, Content, Shown, Unseen
from baseline.report.gates import Gate, Verdict
from baseline.report.markdown import code, summary
from baseline.report.tally import Tally
from given_findings import FIRST, HOSTILE, SECOND, a_content, hostile, shown


def summed(findings: Iterable[Shown], gate: Gate = Gate(), content: Content | None = None) -> str:  # noqa: B008  # frozen
    tally, verdict = Tally(), Verdict(gate)
    for one in findings:
        tally.see(one)
        verdict.see(one)
    return summary(content or a_content(), tally, verdict)


def tokens(text: str) -> Iterator[Token]:
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        yield token
        yield from token.children or ()


def test_the_answer_comes_first_and_the_numbers_add_up() -> None:
    text = summed(
        [
            shown("a", "critical", change=Change.NEW),
            shown("b", "critical", change=Change.OPEN),
            shown("c", "high", change=Change.REOPENED, account_id=SECOND, account_name="sandbox"),
            shown("d", "high", change=Change.RESOLVED),
            shown("e", "high", MUTED),
            shown("f", "low", PASS),
            shown("g", "low", UNKNOWN),
        ],
        content=a_content(
            comparison=Comparison("20260719T120000Z", new=1, reopened=1, resolved=1, open=1),
            coverage=(
                Covered(FIRST, "eu-west-1", "guardduty", "detector", "PASS"),
                Covered(FIRST, "eu-west-2", "guardduty", "detector", "UNKNOWN"),
            ),
            verified="2026-07-26T11:00:00Z",
        ),
    )
    assert text.startswith("## `Organization o-simulated1`: 2 critical, 1 high\n")
    assert "| severity | failing | new | reopened | resolved |" in text
    assert "| critical | 2 | 1 | 0 | 0 |" in text
    assert "| high | 1 | 0 | 1 | 1 |" in text
    assert "3 failing, 1 passing, 1 muted, **1 could not be looked at**" in text
    assert "1 new, 1 reopened, 1 resolved, 0 not looked at again" in text
    assert "roll-out, verified `2026-07-26T11:00:00Z`: 1 PASS, 0 FAIL, 1 UNKNOWN" in text
    assert "- `production` `111111111111`: 2 critical\n- `sandbox` `222222222222`: 1 high" in text
    assert text.index("### New, or back again") < text.index("### The worst")


def test_what_the_gate_holds_back_is_named_before_all_else() -> None:
    text = summed([shown("a", "critical"), shown("b", "low")], Gate("high"))
    assert "**The gate is closed**: 1 held back (1 critical)." in text
    assert text.index("### Held back") < text.index("| severity")
    assert "**The gate is open**" in summed([shown("b", "low")], Gate("high"))
    assert "gate" not in summed([shown("a")])


def test_what_nobody_looked_at_is_said() -> None:
    unseen = Unseen("guardduty", FIRST, "eu-west-3", "", "AccessDenied", "Allow it.")
    text = summed([], content=a_content(unseen=(unseen,)))
    assert "- the roll-out was not verified" in text
    assert "- `guardduty` `111111111111` `eu-west-3`: `AccessDenied` `Allow it.`" in text


def test_what_could_not_be_seen_for_one_reason_is_one_line() -> None:
    places = [("eu-west-1", "a"), ("eu-west-2", "a"), *((f"r-{n}", f"b{n}") for n in range(25))]
    unseen = tuple(Unseen("config", FIRST, region, "", reason) for region, reason in places)
    text = summed([], content=a_content(unseen=unseen))
    assert "- `config` 2 places: `a`\n" in text
    assert "- and 6 more" in text


def test_lists_end_and_say_how_much_more_there_is() -> None:
    text = summed(shown(f"check_{number}") for number in range(1000))
    worst = text.split("### The worst")[1].split("###")[0]
    assert worst.count("\n- ") == 21
    assert "- and 980 more" in worst
    assert len(text) < 65_536  # what a comment on GitHub has room for


def test_hostile_text_is_quoted_and_nothing_else() -> None:
    unseen = Unseen(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    content = a_content(
        title=HOSTILE,
        command=HOSTILE,
        unseen=(unseen,),
        notes=(HOSTILE,),
        queries=(Answer(HOSTILE, HOSTILE, error=HOSTILE), Answer(HOSTILE, HOSTILE, total=1)),
        comparison=Comparison(HOSTILE),
    )
    findings = [
        Shown(hostile(), Change.NEW),
        Shown(hostile(HOSTILE)),
        Shown(hostile(status=UNKNOWN)),
    ]
    text = summed(findings, Gate("critical", fail_on_unknown=True), content)
    found = list(tokens(text))
    kinds = {token.type for token in found}
    assert not kinds & {"html_inline", "html_block", "link_open", "image", "fence", "code_block"}
    assert text.replace("\n", "").isprintable()
    said = "".join(token.content for token in found if token.type == "text")
    for hidden in ("script", "evil", "@", "calc", "\\", "<", "#", "heading"):
        assert hidden not in said
    headings = [t for t in found if t.type == "heading_open"]
    assert [t.tag for t in headings].count("h2") == 1


@pytest.mark.parametrize("text", ["`", "``", "a`b", "`a``b`", "a\nb", "\x1b[31m", "\u202e"])
def test_any_text_is_one_code_span(text: str) -> None:
    (span,) = [t for t in tokens(f"- {code(text)}") if t.type.startswith("code")]
    assert span.type == "code_inline"


@given(st.text(alphabet=st.sampled_from("`\\|<>[]()!*_@# \n~a"), max_size=40))
def test_no_text_gets_out_of_its_code_span(text: str) -> None:
    inside = [t for t in tokens(f"- x {code(text)} y") if t.type in ("text", "code_inline")]
    if text.split():
        assert [t.type for t in inside] == ["text", "code_inline", "text"]
        assert inside[1].content.split() == text.split()


def test_the_severity_of_a_finding_is_one_that_is_known_or_quoted() -> None:
    assert "**`odd`**" in summed([shown("a", "odd", FAIL)])
