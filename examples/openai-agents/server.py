"""An agent of the OpenAI Agents SDK as a service. uvicorn and starlette come with the SDK."""

import os

import uvicorn
from agents import Agent, Runner, function_tool, set_default_openai_api, set_tracing_disabled
from agents.items import ToolCallItem
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

PROMPT = (
    "You are a support agent. Look the order up; refund no more than was paid, else hand over to a team lead."
)
PAID = {"123": 40, "377": 25}

set_default_openai_api("chat_completions")  # what every OpenAI-compatible endpoint speaks
set_tracing_disabled(True)


@function_tool
def lookup_order(order_id: str) -> str:
    """Say what was paid for an order."""
    return f"paid: ${PAID[order_id]}" if order_id in PAID else "no such order"


AGENT = Agent(
    "support", instructions=PROMPT, tools=[lookup_order], model=os.environ.get("MODEL", "gpt-4.1-mini")
)


async def run(request: Request) -> JSONResponse:
    """One run of the agent."""
    result = await Runner.run(AGENT, (await request.json())["messages"])
    calls = [item.raw_item for item in result.new_items if isinstance(item, ToolCallItem)]
    return JSONResponse(
        {
            "output": result.final_output,
            "tokens": result.context_wrapper.usage.total_tokens,
            "tool_calls": [{"name": call.name, "arguments": call.arguments} for call in calls],
        }
    )


async def healthz(_: Request) -> JSONResponse:
    """Ready."""
    return JSONResponse({"ok": True})


app = Starlette(routes=[Route("/run", run, methods=["POST"]), Route("/healthz", healthz)])

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=8322, log_level="warning")
