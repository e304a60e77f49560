"""`agentcrewops agent`"""

from __future__ import annotations

from agentcrewops.verbs import mcp
from agentcrewops.verbs.panels import group

app = group("What an agent is made of: the tools of MCP servers.")
app.add_typer(mcp.app, name="mcp")
