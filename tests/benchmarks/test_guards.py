"""The benchmark of the guards: what counts as right, and what it is measured on."""

from __future__ import annotations

from agent_runtime.guard.redact import find_pii
from benchmarks.guards import f1_rows
from benchmarks.ibans import STRUCTURES, iban_rows


def test_a_hit_counts_only_if_both_ends_agree() -> None:
    text = "mail bob@example.com"
    [right] = f1_rows([{"text": text, "spans": [["EMAIL_ADDRESS", 5, 20]]}], "here")
    [wrong] = f1_rows([{"text": text, "spans": [["EMAIL_ADDRESS", 5, 19]]}], "here")
    assert (right.holds, right.measured) == (True, "1.000 (1 right, 0 wrong)")
    assert (wrong.holds, wrong.measured) == (False, "0.000 (0 right, 2 wrong)")


def test_a_kind_without_spans_has_no_row() -> None:
    assert f1_rows([{"text": "nothing", "spans": []}], "here") == []


def test_generated_ibans_cover_the_registry_and_are_marked_where_they_stand() -> None:
    rows = list(iban_rows())
    planted = [row["text"][start:end] for row in rows for _, start, end in row["spans"]]
    assert {text[:2].upper() for text in planted} == set(STRUCTURES)
    assert len(planted) == len(rows) / 2
    assert all(text[2:4].isdigit() for text in planted)


def test_every_generated_iban_is_found_and_no_decoy() -> None:
    for row in iban_rows(seed=2):
        spans = [[span.start, span.end] for span in find_pii(row["text"], ["iban"])]
        assert spans == [span[1:] for span in row["spans"]], row["text"]
