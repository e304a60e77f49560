"""Conditions over episodes: what holds, what does not, and what could not be seen."""

from security_pack.catalog.condition_checks import check_condition
from security_pack.predicates.outcome import condition_holds, evaluate_episode

__all__ = ["check_condition", "condition_holds", "evaluate_episode"]
