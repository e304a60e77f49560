"""A run: the loop that decides the next step, and the runner that has it done."""
