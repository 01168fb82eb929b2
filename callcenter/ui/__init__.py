"""The shell of every page: headers, languages, menu, forms, errors, words for time.

This room knows nothing of members or tickets: it may import ``core`` only.
Start it with :func:`callcenter.ui.setup.init_app`.
"""
