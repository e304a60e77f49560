"""Guardian, end to end, and its enforcement tier."""
