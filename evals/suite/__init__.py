"""The suite: the file as people write it, and the cases it becomes."""
