"""Stand-ins for what a run would touch: tools, approver, wire, telemetry."""
