"""Results and how they leave: exit codes, the terminal, rendered folders, GitHub."""
