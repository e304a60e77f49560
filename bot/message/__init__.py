"""What GitHub is shown of a result: check, comment, annotations. Results in, texts out."""
