"""What a WSGI server loads: ``gunicorn wsgi:app``."""

from callcenter.app import create_app

app = create_app()
