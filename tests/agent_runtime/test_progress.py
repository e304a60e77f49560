"""Progress: what is shown where, and by whom."""

from __future__ import annotations

import io

import pytest

from agent_runtime.progress import (
    SILENCE,
    Advance,
    Announcement,
    Events,
    Lines,
    Terminal,
    duration,
    progress_on,
)


class AtTerminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_gets_a_line_every_ten_seconds() -> None:
    now, stream = [0.0], io.StringIO()
    with Lines(stream, clock=lambda: now[0]).stretch(100, "runs") as stretch:
        for done in range(1, 51):
            now[0] += 0.5
            stretch.note(done)
    assert [line.split(" ")[0] for line in stream.getvalue().splitlines()] == ["20/100", "40/100"]


def test_a_line_tells_the_time_left_only_where_every_part_takes_as_long() -> None:
    now, stream = [0.0], io.StringIO()
    log = Lines(stream, clock=lambda: now[0])
    with log.stretch(4, "runs") as runs, log.stretch(4, "probes", steady=False) as probes:
        now[0] = 20.0
        runs.note(2, "2 passed")
        probes.note(2, "2 blocked")
    assert stream.getvalue() == "2/4 runs, 2 passed, about 20 s left\n2/4 probes, 2 blocked\n"


def test_nothing_is_left_after_the_last() -> None:
    now, stream = [0.0], io.StringIO()
    with Lines(stream, clock=lambda: now[0]).stretch(2, "runs") as stretch:
        now[0] = 20.0
        stretch.note(2, "2 passed")
    assert stream.getvalue() == "2/2 runs, 2 passed\n"


def test_a_terminal_gets_a_bar_that_is_gone_when_it_is_over() -> None:
    stream = AtTerminal()
    with Terminal(stream).stretch(4, "probes") as stretch:
        stretch.note(3, "60 blocked, 2 got through")
    assert "probes" in stream.getvalue()
    assert "3/4" in stream.getvalue()
    assert "60 blocked, 2 got through" in stream.getvalue()


@pytest.mark.parametrize("progress", [Terminal, Lines])
def test_an_announcement_is_a_line(progress: type[Terminal] | type[Lines]) -> None:
    stream = io.StringIO()
    progress(stream).announce("12 runs; no money is spent")
    assert stream.getvalue() == "12 runs; no money is spent\n"


def test_a_terminal_gets_a_bar_and_a_pipe_gets_lines() -> None:
    assert isinstance(progress_on(AtTerminal()), Terminal)
    assert isinstance(progress_on(io.StringIO()), Lines)


def test_silence_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    SILENCE.announce("12 runs")
    with SILENCE.stretch(1, "runs") as stretch:
        stretch.note(1)
    assert capsys.readouterr() == ("", "")


def test_a_service_hears_of_everything() -> None:
    heard: list[Announcement | Advance] = []
    events = Events(heard.append)
    events.announce("12 runs")
    with events.stretch(2, "runs") as stretch:
        stretch.note(1, "1 passed")
    assert heard == [Announcement("12 runs"), Advance("runs", 2, 0), Advance("runs", 2, 1, "1 passed")]


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.2, "0 s"), (59.6, "1 min 0 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")]
)
def test_durations_are_said_as_people_say_them(seconds: float, said: str) -> None:
    assert duration(seconds) == said
