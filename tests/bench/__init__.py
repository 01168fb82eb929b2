"""`make bench`: measures on a large made-up base. Never part of a test run."""
