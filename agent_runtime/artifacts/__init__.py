"""Files: what a run read and wrote."""
