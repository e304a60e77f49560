"""The probes: their files, conditions, canaries, and the tools they bind to."""
