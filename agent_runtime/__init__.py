"""The ground floor: run one agent (agent.yaml) under one policy (policy.yaml)."""
