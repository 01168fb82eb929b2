"""The processes behind the pages: workers that do jobs, the clockwork that hands them out."""
