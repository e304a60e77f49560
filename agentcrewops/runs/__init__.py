"""One run at a terminal, and what was kept of it."""
