from __future__ import annotations

from evals.report.parts.breakdowns import breakdown_tables
from evals.results.verdict import Breakdown


def tag(name: str, change: float = 0.0, *, gates: bool = False, fell: bool = False) -> Breakdown:
    return Breakdown("tag", name, 4, 0.9, 0.9 + change, change, change - 0.1, change + 0.1, gates, None, fell)


def test_the_greatest_fall_comes_first_and_a_fallen_gate_before_it() -> None:
    (table,) = breakdown_tables([tag("a", 0.1), tag("b", -0.3), tag("c", -0.1, gates=True, fell=True)])
    assert [(row.name, row.word) for row in table.rows] == [("c", "drift"), ("b", ""), ("a", "")]


def test_a_table_says_that_it_decides_nothing_unless_a_tag_gates() -> None:
    assert breakdown_tables([tag("a")])[0].note.endswith("descriptive, decides nothing")
    assert breakdown_tables([tag("a", gates=True)])[0].note.endswith("only what is marked “gates” decides")


def test_numbers_are_written_as_everywhere_else() -> None:
    row = breakdown_tables([tag("a", -0.2)])[0].rows[0]
    assert (row.baseline, row.candidate, row.change, row.interval) == (
        "90\u202f%",
        "70\u202f%",
        "−20",
        "−30 … −10",
    )


def test_what_is_not_listed_is_counted() -> None:
    (table,) = breakdown_tables([tag(f"t{number}") for number in range(23)])
    assert (len(table.rows), table.left_out) == (20, "3 more tags in verdict.json")


def test_no_tag_and_no_grader_make_no_table() -> None:
    assert breakdown_tables([]) == ()
