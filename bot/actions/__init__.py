"""What a job of GitHub Actions knows of itself."""
