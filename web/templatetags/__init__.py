"""What templates may do with numbers."""
