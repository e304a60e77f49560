"""A model whose answers are recorded, or come from a recording."""

from __future__ import annotations

from agent_runtime.agent.manifest import RecordingMode
from agent_runtime.models.cassette import Cassette, Scrubber, key_of, reply_of
from agent_runtime.models.interface import Model, ModelError, ModelReply, ModelRequest


class RecordedModel:
    """Asks the cassette first (unless it only records), then the model behind it, if there is one.

    Only answers are recorded: a call that failed leaves nothing, so a replay has no outages.

    Args:
        live: None replays only; a request that was not recorded is then an error.
    """

    def __init__(self, live: Model | None, cassette: Cassette) -> None:
        # A replay takes no time: whoever waits between its answers waits for nothing.
        self.virtual_time = live is None or live.virtual_time
        self._live = live
        self._cassette = cassette

    async def complete(self, request: ModelRequest) -> ModelReply:
        """The recorded answer, else a new one.

        Raises:
            ModelError: also if nothing was recorded and nobody can be asked.
        """
        scrubber = Scrubber()
        key = key_of(request, scrubber)
        entry = None if self._cassette.tape is RecordingMode.RECORD else self._cassette.next(key)
        if entry is not None:
            return reply_of(entry, scrubber)
        if self._live is None:
            raise _miss(self._cassette, key)
        reply = await self._live.complete(request)
        try:
            self._cassette.add(key, request, reply, scrubber)
        # The answer is lost with the recording: a run that goes on with it could never be replayed.
        except OSError as error:
            reason = f"the answer came, but cannot be recorded: {error.strerror}"
            raise ModelError(reason, retryable=False, kind="rejected", latency_ms=reply.latency_ms) from None
        return reply

    async def aclose(self) -> None:
        """Close the model behind it."""
        if self._live is not None:
            await self._live.aclose()


def _miss(cassette: Cassette, key: str) -> ModelError:
    return ModelError(
        f"{cassette.path.name} holds no answer to this request ({key[:12]}): the prompt, the tools, the model or "
        "what was said before is not what it was when it was recorded; record it again, or --replay-or-record",
        retryable=False,
        kind="rejected",
    )
