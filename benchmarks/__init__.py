"""What backs each number in the README."""
