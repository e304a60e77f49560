"""Conditions over episodes: what holds, what does not, and what could not be seen."""

from security_pack.catalog.condition_checks import check_condition
from security_pack.predicates.judging import condition_holds, judge_episode

__all__ = ["check_condition", "condition_holds", "judge_episode"]
