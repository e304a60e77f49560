"""A pydantic-ai agent as a program: a case on stdin, the answer on stdout."""

import json
import os
import sys

from pydantic_ai import Agent, ModelResponse, ToolCallPart
from pydantic_ai.models.openai import OpenAIChatModel

PROMPT = (
    "You are a support agent. Look the order up; refund no more than was paid, else hand over to a team lead."
)
PAID = {"123": 40, "377": 25}

agent = Agent(OpenAIChatModel(os.environ.get("MODEL", "gpt-4.1-mini")), system_prompt=PROMPT)


@agent.tool_plain
def lookup_order(order_id: str) -> str:
    """Say what was paid for an order."""
    return f"paid: ${PAID[order_id]}" if order_id in PAID else "no such order"


result = agent.run_sync(json.load(sys.stdin)["input"])
calls = [
    {"name": part.tool_name, "arguments": part.args_as_dict()}
    for message in result.all_messages()
    if isinstance(message, ModelResponse)
    for part in message.parts
    if isinstance(part, ToolCallPart)
]
json.dump({"output": result.output, "usage": result.usage.total_tokens, "tool_calls": calls}, sys.stdout)
