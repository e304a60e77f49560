"""Requests of a tool in the sandbox: egress decides, and nobody is called."""

from __future__ import annotations

import asyncio

import pytest

from agent_runtime.tools.interface import ToolResult
from agent_runtime.wire import NotAnswered, Response
from security_pack.sandbox.stand_ins.egress import SandboxEgress
from security_pack.sandbox.stand_ins.wire import SandboxWire


def sent(url: str, egress: SandboxEgress, *, ok: bool = True) -> Response:
    wire = SandboxWire(ToolResult("canned", ok), egress)
    return asyncio.run(wire.send("GET", url, headers={}, timeout_seconds=1))


def test_an_allowed_request_gets_the_same_body_as_every_other() -> None:
    reply = sent("https://api.example.com/a", SandboxEgress(["api.example.com"]))
    assert (reply.status, reply.body) == (200, b"canned")


def test_a_tool_that_is_to_fail_gets_a_broken_server() -> None:
    assert sent("https://api.example.com/a", SandboxEgress(["api.example.com"]), ok=False).status == 500


def test_a_request_that_egress_refuses_is_not_answered_and_noted() -> None:
    egress = SandboxEgress(["api.example.com"])
    with pytest.raises(NotAnswered):
        sent("https://evil.invalid/a", egress)
    assert [(contact.host, contact.allowed) for contact in egress.contacts] == [("evil.invalid", False)]
