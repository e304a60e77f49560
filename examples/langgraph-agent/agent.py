"""A LangGraph agent behind one function, which is all that Canary needs of it."""

import os

from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition

PROMPT = (
    "You are a support agent. Look the order up; refund no more than was paid, else hand over to a team lead."
)
PAID = {"123": 40, "377": 25}


@tool
def lookup_order(order_id: str) -> str:
    """Say what was paid for an order."""
    return f"paid: ${PAID[order_id]}" if order_id in PAID else "no such order"


def build():
    """The graph: the model, and the tools it asks for, until it answers."""
    model = ChatOpenAI(model=os.environ.get("MODEL", "gpt-4.1-mini")).bind_tools([lookup_order])
    graph = StateGraph(MessagesState)
    graph.add_node("model", lambda state: {"messages": [model.invoke(state["messages"])]})
    graph.add_node("tools", ToolNode([lookup_order]))
    graph.add_edge(START, "model")
    graph.add_conditional_edges("model", tools_condition)
    graph.add_edge("tools", "model")
    return graph.compile()


GRAPH = build()


def answer(messages):
    """What Canary calls: a conversation in, the answer and what it took out."""
    state = GRAPH.invoke({"messages": [{"role": "system", "content": PROMPT}, *messages]})
    said = [message for message in state["messages"] if isinstance(message, AIMessage)]
    return {
        "output": said[-1].text,
        "usage": sum(message.usage_metadata["total_tokens"] for message in said if message.usage_metadata),
        "tool_calls": [
            {"name": call["name"], "arguments": call["args"]}
            for message in said
            for call in message.tool_calls
        ],
    }
