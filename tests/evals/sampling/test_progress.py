"""Progress on stderr: what is shown where."""

from __future__ import annotations

import io

import pytest

from evals.results.records import Sample, SampleStatus
from evals.sampling.progress import Bar, Lines, Silence, Tally, display, duration


def ended(passed: bool | None = True, cost_usd: float | None = None) -> Sample:
    return Sample("a", 0, SampleStatus.COMPLETED, passed, cost_usd=cost_usd)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_line_says_what_came_of_the_runs_and_what_is_left() -> None:
    tally = Tally(500)
    for sample in [ended(cost_usd=0.005)] * 98 + [ended(False)] * 20 + [ended(None)] * 2:
        tally.count(sample)
    assert tally.line(60.0) == "120/500 runs, 98 passed, 2 unmeasured, $0.4900, about 3 min 10 s left"


def test_a_cost_that_nobody_named_is_not_shown_as_nothing() -> None:
    tally = Tally(2)
    tally.count(ended())
    assert "$" not in tally.line(1.0)


def test_before_the_first_run_nothing_is_said_about_the_end() -> None:
    assert Tally(5).line(3.0) == "0/5 runs, 0 passed"


def test_a_target_that_lets_fewer_go_is_shown_as_long_as_it_does() -> None:
    tally = Tally(5)
    tally.count(ended(), slowed_to=3)
    assert tally.line(1.0).startswith("1/5 runs, 1 passed, slowed to 3 at a time (429)")
    tally.count(ended())
    assert "slowed" not in tally.line(1.0)


def test_a_log_gets_a_line_every_ten_seconds() -> None:
    now, stream = [0.0], io.StringIO()
    with Lines(100, stream, clock=lambda: now[0]) as lines:
        for _ in range(50):
            now[0] += 0.5
            lines.note(ended())
    assert [line.split(" ")[0] for line in stream.getvalue().splitlines()] == ["20/100", "40/100"]


def test_a_terminal_gets_a_bar_with_the_counts() -> None:
    stream = Terminal()
    with display(4, stream) as bar:
        for _ in range(3):
            bar.note(ended(cost_usd=0.25))
    assert isinstance(bar, Bar)
    assert "3/4" in stream.getvalue()
    assert "3 passed, $0.7500" in stream.getvalue()


def test_quiet_shows_nothing_and_a_pipe_gets_lines() -> None:
    stream = Terminal()
    with display(1, stream, quiet=True) as silence:
        silence.note(ended())
    assert (isinstance(silence, Silence), stream.getvalue()) == (True, "")
    assert isinstance(display(1, io.StringIO()), Lines)


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.2, "0 s"), (59.6, "1 min 0 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")]
)
def test_durations_are_said_as_people_say_them(seconds: float, said: str) -> None:
    assert duration(seconds) == said
