"""An approval is a capability: for one call, once, for a while, and never from whoever asked for it.

The binding (`gate.approval_hash`) covers agent, files, run, step, tool and arguments, so an approval of
anything else is no approval of this. `Refusal.rule` is one of

    self_approval  not_a_binding  missing  expired  used
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent_runtime.agent.policy import ApprovalRule

_BINDING = re.compile(r"sha256:[0-9a-f]{64}")
_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Grant:
    """One person's yes to one call. Times are seconds of the same clock; it holds before `expires`."""

    binding: str
    requester: str
    approver: str
    granted: float
    expires: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a yes is not taken, or does not hold."""

    rule: str
    reason: str


def grant_of(
    binding: str, *, requester: str, approver: str, now: float, rule: ApprovalRule
) -> Grant | Refusal:
    """A person's yes, if this person may give it. Who has which role is checked where roles are known."""
    if _BINDING.fullmatch(binding) is None:
        return Refusal("not_a_binding", "an approval names the exact call by its hash")
    if _person(approver) == _person(requester):
        return Refusal("self_approval", f"{approver} asked for this call; somebody else must approve it")
    return Grant(binding, requester, approver, now, now + rule.expires_minutes * _SECONDS)


def why_not(grants: Sequence[Grant], binding: str, *, now: float, rule: ApprovalRule) -> Refusal | None:
    """Why these grants do not let the call of this binding happen now; None if they do."""
    bound = [grant for grant in grants if grant.binding == binding]
    held = {_person(grant.approver) for grant in bound if grant.granted <= now < grant.expires}
    if len(held) >= rule.count:
        return None
    if len({_person(grant.approver) for grant in bound}) >= rule.count:
        return Refusal("expired", f"the approval held for {rule.expires_minutes} minutes; ask again")
    return Refusal("missing", f"{len(held)} of {rule.count} approvals of exactly this call are there")


def _person(name: str) -> str:
    # "Ann " must not approve what "ann" asked for; logins of GitHub are alike in any case.
    return name.strip().casefold()


class ApprovalBook:
    """Grants in memory: each is used up by the call it lets happen. For one thread at a time."""

    def __init__(self, rule: ApprovalRule) -> None:
        self._rule = rule
        self._grants: dict[str, list[Grant]] = {}
        self._used: set[str] = set()

    def grant(self, binding: str, *, requester: str, approver: str, now: float) -> Grant | Refusal:
        """Write down a yes, or say why it is not taken."""
        if binding in self._used:
            return _already_used()
        given = grant_of(binding, requester=requester, approver=approver, now=now, rule=self._rule)
        if isinstance(given, Grant):
            self._grants.setdefault(binding, []).append(given)
        return given

    def use(self, binding: str, *, now: float) -> Refusal | None:
        """Let the call of this binding happen, once: None, and the approval is gone; or why not."""
        if binding in self._used:
            return _already_used()
        refusal = why_not(self._grants.get(binding, ()), binding, now=now, rule=self._rule)
        if refusal is None:
            self._used.add(binding)
            self._grants.pop(binding, None)
        return refusal


def _already_used() -> Refusal:
    return Refusal("used", "this approval was used already; the same call needs a new one, in a new step")
