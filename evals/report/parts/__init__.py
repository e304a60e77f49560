"""Sections of the report: view models of charts, heat map, metrics, failures."""
