"""The GitHub API: requests, retries, and errors named after what could not be done."""
