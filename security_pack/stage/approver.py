"""The person on the stage: agrees to the task, and to what a probe says was approved; to nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agent_runtime.documents import strict_json
from agent_runtime.guard.gate import approval_hash
from agent_runtime.manifest import Manifest
from agent_runtime.steps.scene import ApprovalRequest
from security_pack.worst_case import ScriptedCall

_ANOTHER_RUN = "another-run"


@dataclass(frozen=True, slots=True)
class Grant:
    """An approval somebody gave before the run: for one call, to exactly these arguments."""

    call: ScriptedCall
    of_this_run: bool = True


class StageApprover:
    """Holds each grant until a call of its tool asks; then it is bound to that call, and gone.

    Attributes:
        asked: indexes of the steps that asked for an approval.
    """

    def __init__(self, manifest: Manifest, grants: Iterable[Grant]) -> None:
        self.asked: set[int] = set()
        self._manifest = manifest
        self._held = list(grants)

    async def __call__(self, request: ApprovalRequest) -> bool:
        """True if a grant is bound to exactly this call."""
        self.asked.add(request.step)
        wanted = approval_hash(self._manifest, request.run_id, request.step, request.tool, request.arguments)
        grant = next((grant for grant in self._held if grant.call.name == request.tool), None)
        if grant is None:
            return False
        self._held.remove(grant)
        return self._bound(grant, request) == wanted

    def _bound(self, grant: Grant, request: ApprovalRequest) -> str:
        run_id = request.run_id if grant.of_this_run else _ANOTHER_RUN
        arguments = strict_json(grant.call.arguments)
        return approval_hash(self._manifest, run_id, request.step, grant.call.name, arguments)
