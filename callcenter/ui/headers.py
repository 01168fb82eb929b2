"""Security headers of every answer, and the nonce of the content policy.

Why not flask-talisman: see docs/decisions.md.
"""

import secrets
from http import HTTPStatus

from flask import Flask, Response, g, request

_ONE_YEAR = 31_536_000

_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(),"
        " magnetometer=(), microphone=(), midi=(), payment=(), usb=()"
    ),
}


def csp_nonce() -> str:
    """Return this request's nonce: 128 random bits, the same for the whole page."""
    nonce: str | None = g.get("csp_nonce")
    if nonce is None:
        nonce = g.csp_nonce = secrets.token_urlsafe(16)
    return nonce


def content_security_policy(nonce: str) -> str:
    """Return the content policy: nothing from elsewhere, nothing inline without the nonce."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'nonce-{nonce}'",
            f"style-src 'self' 'nonce-{nonce}'",
            "img-src 'self' data:",
            "font-src 'self'",
            "media-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


def _is_static() -> bool:
    return bool(request.endpoint) and str(request.endpoint).endswith("static")


def _cache_control(response: Response) -> str:
    """Say who may keep the answer: static files with a version for ever, pages never.

    Private links and signed-in pages show personal data: no copy stays on the machine,
    and the "back" button after signing out shows nothing.
    """
    if not _is_static() or response.status_code >= HTTPStatus.BAD_REQUEST:
        return "no-store"
    if "/v-" in request.path:
        return f"public, max-age={_ONE_YEAR}, immutable"
    return "no-cache"


def set_headers(response: Response) -> Response:
    """Add the headers; a view that has set its own ``Cache-Control`` keeps it."""
    for name, value in _FIXED.items():
        response.headers.setdefault(name, value)
    if response.mimetype == "text/html" or "csp_nonce" in g:
        response.headers.setdefault("Content-Security-Policy", content_security_policy(csp_nonce()))
    else:
        response.headers.setdefault(
            "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"
        )
    if request.is_secure:
        response.headers.setdefault(
            "Strict-Transport-Security", f"max-age={_ONE_YEAR}; includeSubDomains"
        )
    if _is_static() or "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = _cache_control(response)
    return response


def init_app(app: Flask) -> None:
    """Give every answer its headers and every template ``csp_nonce()``."""
    app.after_request(set_headers)
    app.jinja_env.globals["csp_nonce"] = csp_nonce
