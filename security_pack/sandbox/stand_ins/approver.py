"""The person in the sandbox: approves the task, and what a probe says was approved; nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agent_runtime.agent.manifest import Manifest
from agent_runtime.engine.steps.context import ApprovalRequest
from agent_runtime.files.documents import strict_json
from agent_runtime.guard.approvals import ApprovalBook
from agent_runtime.guard.gate import approval_hash
from security_pack.scenario.worst_case import ScriptedCall

_ANOTHER_RUN = "another-run"


@dataclass(frozen=True, slots=True)
class Grant:
    """An approval somebody gave before the run: for one call, to exactly these arguments."""

    call: ScriptedCall
    of_this_run: bool = True


class SandboxApprover:
    """Holds each grant until a call of its tool asks; then it is in the book, bound to that call.

    Attributes:
        asked: indexes of the steps that asked for an approval.
    """

    def __init__(self, manifest: Manifest, grants: Iterable[Grant]) -> None:
        self.asked: set[int] = set()
        self._manifest = manifest
        self._unused = list(grants)
        self._book = ApprovalBook(manifest.policy.approvals)

    async def __call__(self, request: ApprovalRequest) -> bool:
        """True if a grant is bound to exactly this call, and was not used before."""
        self.asked.add(request.step)
        grant = next((grant for grant in self._unused if grant.call.name == request.tool), None)
        if grant is not None:
            self._unused.remove(grant)
            self._record(self._binding(grant, request))
        return self._book.use(request.binding, now=0) is None

    def _record(self, binding: str) -> None:
        """As many people agree as the policy wants."""
        for number in range(self._manifest.policy.approvals.count):
            self._book.grant(binding, requester="the agent", approver=f"person {number}", now=0)

    def _binding(self, grant: Grant, request: ApprovalRequest) -> str:
        run_id = request.run_id if grant.of_this_run else _ANOTHER_RUN
        arguments = strict_json(grant.call.arguments)
        return approval_hash(self._manifest, run_id, request.step, grant.call.name, arguments)
