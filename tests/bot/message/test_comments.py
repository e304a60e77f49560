from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.github.records import Comment
from bot.message.comments import MOST_BYTES, comment_body, key_of, marker, own_comments
from bot.message.links import Links
from tests.bot.inert import what_acts
from tests.bot.samples import HOSTILE, SHA, breach, drift, hostile

PAGE = "https://ci.example"
LINKS = Links(SHA, f"{PAGE}/report", f"{PAGE}/runs/1", f"{PAGE}/check")


def test_the_marker_is_the_first_line_and_the_verdict_the_second() -> None:
    first, second, *_ = comment_body(drift(), "triage", LINKS).splitlines()
    assert first == "<!-- agentcrewops:triage -->"
    assert second == "## ❌ Drift: 93\u202f% → 78\u202f%, 3 cases broke"


def test_it_leads_to_the_report_the_check_the_artifacts_and_the_commit() -> None:
    last = comment_body(drift(), "triage", LINKS).splitlines()[-1]
    for part in (
        f"[Full report]({PAGE}/report)",
        f"[Check]({PAGE}/check)",
        f"[Artifacts]({PAGE}/runs/1)",
        SHA[:12],
    ):
        assert part in last


def test_without_a_report_on_the_web_it_says_where_the_report_is() -> None:
    last = comment_body(drift(), "triage", replace(LINKS, report=None, check=None)).splitlines()[-1]
    assert f"[Full report among the artifacts]({PAGE}/runs/1)" in last


def test_both_of_canary_and_guardian_stand_in_one_comment() -> None:
    both = replace(drift(), assessment=breach().assessment)
    body = comment_body(both, "k", LINKS)
    assert "3 cases broke · Guardian: 1 blocking finding" in body.splitlines()[1]
    assert "| `agent.yaml:18` | Write `approval: { required: true }` under `billing.refund`. |" in body


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_read_and_does_nothing_else(text: str) -> None:
    assert what_acts(comment_body(hostile(text), "k", LINKS), (PAGE,)) == []


_NASTY = st.lists(
    st.sampled_from(
        [
            *"`*_[]()<>&|~$!#@:/\\\n\r\t -+=1.x",
            "https://e.example",
            "www.e",
            "</details>",
            "<!--",
            "@t",
            "/approve",
        ]
    ),
    max_size=40,
).map("".join)


@given(_NASTY)
@settings(max_examples=100, deadline=None)
def test_no_combination_of_signs_comes_alive(text: str) -> None:
    assert what_acts(comment_body(hostile(text), "k", LINKS), (PAGE,)) == []


@given(st.sampled_from(["`", "|", "*", "<", "@", "\x1b", "é", "𝄞", "&"]))
@settings(max_examples=10, deadline=None)
def test_it_stays_within_what_github_takes(letter: str) -> None:
    results = hostile(letter * 3_000)
    assert results.verdict is not None
    many = replace(results.verdict, warnings=(letter * 3_000,) * 200, reasons=(letter * 3_000,) * 200)
    assert len(comment_body(replace(results, verdict=many), "k", LINKS).encode()) <= MOST_BYTES


def test_a_strangers_marker_makes_no_comment_ours() -> None:
    stranger = Comment(1, "mallory", f"{marker('k')}\nmine")
    quoted = Comment(2, "bot[bot]", f"see {marker('k')}")
    other = Comment(3, "bot[bot]", marker("other"))
    assert own_comments([stranger, quoted, other], "k", "bot[bot]").kept is None


def test_of_two_the_oldest_is_kept_whatever_their_order() -> None:
    two = [Comment(9, "bot[bot]", marker("k")), Comment(4, "bot[bot]", marker("k"))]
    ours = own_comments(two, "k", "bot[bot]")
    assert ours.kept == two[1]
    assert ours.surplus == (two[0],)


@pytest.mark.parametrize(
    ("name", "key"),
    [("agentcrewops", "agentcrewops"), ("Crew / Refunds --> x", "crew-refunds-x"), ("🙂", "agentcrewops")],
)
def test_a_key_cannot_leave_its_marker(name: str, key: str) -> None:
    assert key_of(name) == key
