"""What people read of an evaluation: report.html and summary.md."""
