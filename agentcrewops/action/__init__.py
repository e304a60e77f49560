"""What the steps of our GitHub Actions do."""
