"""`agentcrewops action`"""

from __future__ import annotations

import os
import sys

from agentcrewops.verbs.panels import add, group

app = group(
    "What the GitHub Actions of this project call; inputs come from AGENTCREWOPS_… variables.", hidden=True
)


def judge() -> None:
    """Run, or merge, what the inputs name; leave results, outputs and an exit code.

    Exit codes: 0 pass · 1 drift, below a floor, or a breach · 2 bad input · 3 could not measure.
    """
    from agentcrewops.action.jobs import judge_job

    sys.exit(judge_job(os.environ))


def publish() -> None:
    """Show the results on GitHub: check, comment, step summary. The exit code is not that of the verdict.

    Exit codes: 0 shown · 1 GitHub failed · 2 bad input.
    """
    from agentcrewops.action.jobs import publish_job

    sys.exit(publish_job(os.environ))


def baseline() -> None:
    """Measure a new baseline and propose it in a pull request.

    Exit codes: 0 proposed, or nothing to propose · 1 the agent fell below what was approved · 2 bad input · 3 could
    not measure.
    """
    from agentcrewops.action.jobs import baseline_job

    sys.exit(baseline_job(os.environ))


add(app, "judge", judge)
add(app, "publish", publish)
add(app, "baseline", baseline)
