"""Made-up data: a small demonstration, and a large base to measure with."""
