"""Files that people write, and texts in them: YAML and JSON with their lines, paths, patterns, placeholders."""
