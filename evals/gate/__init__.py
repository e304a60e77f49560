"""The gate: evidence of both arms in, a verdict out."""
