"""What people read of an evaluation: report.html and summary.md."""

from evals.report.page import render_report
from evals.report.summary import render_summary

__all__ = ["render_report", "render_summary"]
