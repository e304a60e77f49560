"""What people read of Guardian: its section of report.html and of summary.md, and a report of its own."""

from security_pack.report.page import guardian_section, render_guardian_report, render_guardian_summary

__all__ = ["guardian_section", "render_guardian_report", "render_guardian_summary"]
