"""What came of the runs so far, in the words of a line and of a bar."""

from __future__ import annotations

import io

from agent_runtime.progress import Lines, Terminal
from evals.results.records import Sample, SampleStatus
from evals.sampling.tally import Tally


def ended(passed: bool | None = True, cost_usd: float | None = None) -> Sample:
    return Sample("a", 0, SampleStatus.COMPLETED, passed, cost_usd=cost_usd)


class AtTerminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def line(tally: Tally, total: int, elapsed: float) -> str:
    """What a log says of these runs after so many seconds."""
    now, stream = [0.0], io.StringIO()
    with Lines(stream, clock=lambda: now[0]).stretch(total, "runs") as stretch:
        now[0] = elapsed
        stretch.note(tally.done, tally.words())
    return stream.getvalue().rstrip("\n")


def test_a_line_says_what_came_of_the_runs_and_what_is_left() -> None:
    tally = Tally()
    for sample in [ended(cost_usd=0.005)] * 98 + [ended(False)] * 20 + [ended(None)] * 2:
        tally.count(sample)
    said = "120/500 runs, 98 passed, 2 unmeasured, $0.4900, about 3 min 10 s left"
    assert line(tally, 500, 60.0) == said


def test_a_cost_that_nobody_named_is_not_shown_as_nothing() -> None:
    tally = Tally()
    tally.count(ended())
    assert "$" not in line(tally, 2, 10.0)


def test_before_the_first_run_nothing_is_said_about_the_end() -> None:
    assert line(Tally(), 5, 30.0) == "0/5 runs, 0 passed"


def test_a_target_that_lets_fewer_go_is_shown_as_long_as_it_does() -> None:
    tally = Tally()
    tally.count(ended(), slowed_to=3)
    assert line(tally, 5, 10.0).startswith("1/5 runs, 1 passed, slowed to 3 at a time (429)")
    tally.count(ended())
    assert "slowed" not in line(tally, 5, 10.0)


def test_a_terminal_gets_a_bar_with_the_counts() -> None:
    stream, tally = AtTerminal(), Tally()
    with Terminal(stream).stretch(4, "runs") as stretch:
        for _ in range(3):
            tally.show(stretch, ended(cost_usd=0.25))
    assert "3/4" in stream.getvalue()
    assert "3 passed, $0.7500" in stream.getvalue()
