"""On-call: who answers at night, in what order people are asked, and what they said."""
