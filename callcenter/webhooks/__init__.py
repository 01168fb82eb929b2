"""What the world outside tells us: verify, parse, hand over."""
