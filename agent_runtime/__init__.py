"""The ground floor: run one agent (agent.yaml) under one policy (policy.yaml)."""

__version__ = "0.1.0"
