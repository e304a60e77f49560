"""`agentcrewops guardian`"""

from __future__ import annotations

from agentcrewops.verbs.guardian import (
    baseline,
    explain,
    judge,
    listing,
    merge,
    new,
    run,
    selftest,
    sinks,
)
from agentcrewops.verbs.panels import add, default

app = default(run.run)
add(app, "run", run.run, hidden=True)  # what `guardian` alone does, for who likes a verb there
add(app, "baseline", baseline.baseline)
add(app, "merge", merge.merge)
add(app, "list", listing.list_probes)
add(app, "explain", explain.explain)
add(app, "new", new.new)
add(app, "judge", judge.judge)
add(app, "sinks", sinks.sinks)
add(app, "selftest", selftest.selftest)
