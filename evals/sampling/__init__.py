"""Making the runs: the plan, the pace, the spending cap, the journal."""
