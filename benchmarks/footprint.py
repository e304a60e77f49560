"""What one command takes: time, processor, memory, and how soon it makes its first request. Linux only (/proc)."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

QUIET_CORES = 0.25
"""Below this the machine counts as idle before a run."""
_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_SAMPLE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Footprint:
    """What one process tree took.

    Attributes:
        wall_s: from the start of the process to its end.
        cpu_s: user and system time of the tree.
        rss_mb: largest resident memory of the tree, in 10⁶ bytes.
        started, status: seconds since the epoch; exit code.
        other_cores: what everything else on the machine used meanwhile: the noise in this measurement.
    """

    wall_s: float
    cpu_s: float
    rss_mb: float
    started: float
    status: int
    other_cores: float


def run(
    command: Sequence[str], *, cwd: Path, environ: Mapping[str, str], log: Path, beside: int
) -> Footprint:
    """Run a command to its end, its output in `log`; the process `beside` (the mock) is not counted as noise."""
    busy, mock = machine_seconds(), process_seconds(beside)
    with log.open("wb") as output:
        started = time.time()
        process = subprocess.Popen(
            command, cwd=cwd, env=environ, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        with _Watch(process.pid) as watch:
            _, status, used = os.wait4(process.pid, 0)
            wall = time.time() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    cpu = used.ru_utime + used.ru_stime
    other = machine_seconds() - busy - cpu - (process_seconds(beside) - mock)
    peak = max(watch.peak, used.ru_maxrss * 1024)
    return Footprint(wall, cpu, peak / 1e6, started, process.returncode, max(0.0, other / wall))


def wait_until_quiet(limit_s: float) -> bool:
    """Wait until the machine idles for a second; False if it did not within the limit."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        before = machine_seconds()
        time.sleep(1.0)
        if machine_seconds() - before < QUIET_CORES:
            return True
    return False


def machine_seconds() -> float:
    """Processor seconds that all of the machine used since it started, those stolen by its host included."""
    user, nice, system, _idle, _iowait, *rest = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + sum(rest)) / _TICK


def process_seconds(pid: int) -> float:
    """Processor seconds of one process."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / _TICK


class _Watch:
    """Looks at the memory of a process tree until it is left."""

    def __init__(self, pid: int) -> None:
        self.peak = 0
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> _Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(_SAMPLE_SECONDS):
            self.peak = max(self.peak, sum(map(_resident, _tree(self._pid))))


def _tree(pid: int) -> Iterator[int]:
    """A process and all its descendants."""
    yield pid
    for child in _children(pid):
        yield from _tree(child)


def _children(pid: int) -> list[int]:
    """The children of all threads of a process; none if it ended meanwhile."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except OSError:
        return 0
