"""What a WSGI server loads: ``gunicorn wsgi:app``."""

import gc

from callcenter.app import create_app
from callcenter.ui.templates import load_all

app = create_app()
load_all(app)

# All this lives as long as the process: no collection need look at it again (a request would wait
# some 80 ms for that), and processes forked from this one go on sharing it.
gc.collect()
gc.freeze()
