"""The scenario of a probe: what stands where, and the worst that a model could do."""
