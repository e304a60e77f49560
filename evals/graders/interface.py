"""What every grader answers to."""

from __future__ import annotations

from typing import Protocol

from evals.records import Attempt, Grade


class Grader(Protocol):
    """Judges a completed attempt. Pure: no I/O, no clock, no randomness.

    Attributes:
        name: as it appears in reports, such as `success` or `json_schema`.
    """

    name: str

    def grade(self, attempt: Attempt) -> Grade:
        """Say pass or fail, with a reason a person can act on; raising means the grader broke."""
        ...
