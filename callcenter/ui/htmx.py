"""Answering a page or a part of it, whichever the browser asked for."""

from http import HTTPStatus
from urllib.parse import urldefrag, urlsplit

from flask import Flask, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse


def is_htmx() -> bool:
    """Say whether htmx asked for a part of the page.

    A *boosted* form or link (the whole page by htmx) and a history restore want the page.
    """
    return (
        request.headers.get("HX-Request") == "true"
        and request.headers.get("HX-Boosted") != "true"
        and request.headers.get("HX-History-Restore-Request") != "true"
    )


def came_by_script() -> bool:
    """Say whether a script (htmx or our own fetch) sent the request and can read a 401."""
    return (
        request.headers.get("HX-Request") == "true"
        or request.headers.get("X-Requested-With") == "fetch"
    )


def vary_on_htmx(response: Response) -> Response:
    """Tell caches that the answer depends on the htmx headers."""
    response.vary.update(("HX-Request", "HX-Boosted"))
    return response


def render_page_or_fragment(
    template: str, fragment: str, *, status: int = 200, **context: object
) -> Response:
    """Render ``fragment`` for htmx, ``template`` otherwise, with the same context.

    The page includes its fragment, so both show one and the same markup.
    """
    chosen = fragment if is_htmx() else template
    return vary_on_htmx(make_response(render_template(chosen, **context), status))


def go_to(url: str) -> BaseResponse:
    """Send the browser to ``url`` (one of our own) after a successful POST.

    htmx follows a plain redirect silently and would put the page inside its target, so a
    fragment request gets ``HX-Redirect`` instead.
    """
    if is_htmx():
        return vary_on_htmx(Response(status=204, headers={"HX-Redirect": url}))
    return redirect(url, code=303)


def trigger(response: Response, event: str) -> Response:
    """Have htmx raise ``event`` on the page, so that other parts refresh themselves."""
    already = response.headers.get("HX-Trigger")
    response.headers["HX-Trigger"] = f"{already}, {event}" if already else event
    return response


def safe_next(target: str | None, default: str) -> str:
    """Return ``target`` if it is a path of this site, else ``default`` (open redirects)."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return default
    if not target.isprintable() or "\\" in target:
        return default
    return target


def follow_as_visit(response: Response) -> Response:
    """Turn the redirect after a boosted form into a real visit of the next page.

    Followed silently, the next page would stand inside this one's shell: another member's
    colour, another nonce, and flashed messages read by nobody. A 422 keeps its address.
    """
    if request.headers.get("HX-Boosted") != "true":
        return response
    if response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY:
        response.headers["HX-Push-Url"] = "false"
    if response.status_code in {301, 302, 303, 307, 308}:
        target = response.headers.pop("Location")
        bare, fragment = urldefrag(target)
        # The browser would only scroll, not load, an anchor of the very page it is on.
        if fragment and urlsplit(bare).path == urlsplit(request.referrer or "").path:
            target = bare
        response.headers["HX-Redirect"] = target
        response.status_code = 204
        response.set_data(b"")
    return vary_on_htmx(response)


def init_app(app: Flask) -> None:
    """Make redirects after boosted forms visits."""
    app.after_request(follow_as_visit)
