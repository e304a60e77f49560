"""Findings, trials and rates, and the files that carry them."""
