"""The agent under test: ours, or anybody's."""
