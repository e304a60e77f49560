"""Tools behind one interface."""
