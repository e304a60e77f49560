"""Numbers, names and prose as people read them."""
