"""An agent as it is written: its spec, its policy, and the manifest of both with all that they name."""
