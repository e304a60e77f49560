"""Canary: run every case N times, compare with a baseline, and say what a team can act on."""
