"""Results: samples, suite results, verdicts and baselines, in memory and on disk."""
