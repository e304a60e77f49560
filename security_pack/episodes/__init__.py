"""Episodes: what happened in one attacked run, from our runtime or from transcripts."""
