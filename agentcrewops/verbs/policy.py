"""`agentcrewops policy`"""

from __future__ import annotations

from agentcrewops.verbs import egress, redact
from agentcrewops.verbs.panels import add, group

app = group("The runtime's guards for a shell, by an agent's policy.")
add(app, "redact", redact.redact)
add(app, "egress", egress.egress)
