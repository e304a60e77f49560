"""Pure decisions, no I/O: what may be called, said, spent and reached."""
