"""A model behind the spend caps: every single call is reserved before it is made and settled after."""

from __future__ import annotations

import json

from agent_runtime.agent.policy import Price
from agent_runtime.guard.budget import Ledger, cost_micros, worst_case_micros
from agent_runtime.models.interface import Model, ModelError, ModelReply, ModelRequest


class Metered:
    """Wraps a model for one step of one run; retries through it are reserved and settled one by one.

    Attributes:
        spent_micros: settled so far. A call whose outcome is unknown stays charged at its worst case.
    """

    def __init__(self, model: Model, price: Price, ledger: Ledger, run_id: str) -> None:
        self.virtual_time = model.virtual_time
        self.spent_micros = 0
        self._model = model
        self._price = price
        self._ledger = ledger
        self._run_id = run_id

    async def complete(self, request: ModelRequest) -> ModelReply:
        """Answer once.

        Raises:
            OverBudget: nothing was sent, since the worst case would pass a cap.
            ModelError
        """
        worst = worst_case_micros(_size(request), request.max_output_tokens, self._price)
        reservation = self._ledger.reserve(self._run_id, worst)
        # If anything but a ModelError ends the call, a cancellation say, it may have been answered: the worst case.
        spent = worst
        try:
            reply = await self._model.complete(request)
            spent = cost_micros(reply.usage, self._price)
            return reply
        except ModelError as error:
            # A call that timed out may have been answered and billed after we left; a refused one was not.
            spent = worst if error.kind == "timeout" else 0
            raise
        finally:
            self._ledger.settle(reservation, spent)
            self.spent_micros += spent

    async def aclose(self) -> None:
        """The wrapped model is closed by whoever opened it."""


def _size(request: ModelRequest) -> int:
    """Bytes of everything the model will read: an upper bound of its input tokens."""
    # A token is at least a byte. The constants are for roles, quotes and braces around each part: generous, and chosen.
    message_bytes = sum(len(message.content.encode()) + 16 for message in request.messages)
    call_bytes = sum(
        len(call.name) + len(call.arguments.encode()) + 32
        for message in request.messages
        for call in message.tool_calls
    )
    offer_bytes = sum(
        len(offer.name) + len(offer.description.encode()) + len(json.dumps(dict(offer.arguments))) + 64
        for offer in request.tools
    )
    return message_bytes + call_bytes + offer_bytes
