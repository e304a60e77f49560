"""Guardian: can the agent be turned against us? Probes, judged by their effects."""
