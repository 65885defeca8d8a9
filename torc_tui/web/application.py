"""The application: its routes, and what every request goes through before one of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from importlib.resources import files
from pathlib import Path

import textual_serve
from aiohttp import web

from torc_core.errors import TorcError
from torc_core.host.program import as_error
from torc_tui.appearance.page import Page
from torc_tui.web.guard import Asked, Guard, Verdict
from torc_tui.web.headers import TERMINAL, protect
from torc_tui.web.pages import create, output, plots, workflows
from torc_tui.web.settings import DashSettings
from torc_tui.web.site import SITE, Site, site_of, status_of
from torc_tui.web.tabs import Tabs

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

GUARD = web.AppKey("guard", Guard)
TABS = web.AppKey("tabs", Tabs)
COOKIE = web.AppKey("cookie", str)
"""The name of the cookie: browsers share cookies between all ports of a machine."""

_ASSETS = files("torc_tui.web") / "static"
_SERVED = Path(textual_serve.__file__).parent / "static"
_STATIC = {
    "dash.css": (_ASSETS / "dash.css", "text/css"),
    "dash.js": (_ASSETS / "dash.js", "text/javascript"),
    "xterm.css": (_SERVED / "css" / "xterm.css", "text/css"),
    "terminal.js": (_SERVED / "js" / "textual.js", "text/javascript"),
    "mono.ttf": (_SERVED / "fonts" / "RobotoMono-VariableFont_wght.ttf", "font/ttf"),
}
"""What every browser may have, by name; nothing is looked up on the disk."""
_PUBLIC, _SOCKET = "public", "socket"
"""Names of routes that the guard judges in a way of their own."""
_MOST_FORM_BYTES = 64 * 1024
_FORM_S = 20.0
_REFUSED = {
    Verdict.ASK: (401, "This page is opened with its token."),
    Verdict.WRONG: (401, "That is not the token of this page."),
    Verdict.FOREIGN: (403, "Another page sent this request."),
    Verdict.MISDIRECTED: (421, "This page is not served under that name."),
}


def create_app(settings: DashSettings, cookie: str) -> web.Application:
    """Return the application.

    Args:
        settings: What it is to do.
        cookie: The name of its cookie.
    """
    app = web.Application(middlewares=[_guarded, _explained], client_max_size=_MOST_FORM_BYTES)
    app[SITE] = Site(settings.choice)
    app[GUARD] = Guard(settings.token, settings.hosts)
    app[TABS] = Tabs(settings.tab, settings.environment, settings.most_tabs)
    app[COOKIE] = cookie
    app.add_routes(
        [
            web.get("/", _terminal),
            web.post("/sign-in", _sign_in),
            web.get("/terminal/{shade:dark|light}", _socket, name=_SOCKET),
            web.get("/static/{name}", _static, name=_PUBLIC),
            *workflows.ROUTES,
            *create.ROUTES,
            *output.ROUTES,
            *plots.ROUTES,
        ]
    )
    app.on_shutdown.append(_close)
    return app


@web.middleware
async def _guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let only those through who may, before anything else of a request is looked at."""
    verdict = request.app[GUARD].judge(await _asked(request))
    if verdict is Verdict.SERVE:
        response = await handler(request)
    elif verdict is Verdict.SIGN_IN:
        response = _signed_in(request)
    else:
        response = _refusal(request, verdict)
    if not response.prepared:
        protect(response.headers)
    return response


async def _asked(request: web.Request) -> Asked:
    header = request.headers.get
    token = request.query.get("token")
    if token is None and request.method == "POST" and request.path == "/sign-in":
        token = await _typed_token(request)
    return Asked(
        method=request.method,
        host=header("Host", ""),
        origin=header("Origin"),
        site=header("Sec-Fetch-Site"),
        mode=header("Sec-Fetch-Mode"),
        token=token,
        cookie=request.cookies.get(request.app[COOKIE]),
        is_public=request.match_info.route.name == _PUBLIC,
        is_socket=request.match_info.route.name == _SOCKET,
    )


async def _typed_token(request: web.Request) -> str:
    """Return what was typed into the form; empty if nothing arrives that is one."""
    try:
        async with asyncio.timeout(_FORM_S):
            return str((await request.post()).get("token", "")).strip()
    except (TimeoutError, ValueError, web.HTTPException):
        return ""


def _signed_in(request: web.Request) -> web.Response:
    """Give the browser the cookie, and have it go on to the page, whose address has no token.

    By a page of ours, not by a redirection: after one that began with a link on another page, the
    browser would keep the cookie to itself.
    """
    response = site_of(request).page("signed_in.html")
    response.headers["Referrer-Policy"] = "no-referrer"
    response.set_cookie(
        request.app[COOKIE],
        request.app[GUARD].session,
        httponly=True,
        samesite="Strict",
        secure=request.headers.get("X-Forwarded-Proto") == "https",
    )
    return response


def _refusal(request: web.Request, verdict: Verdict) -> web.Response:
    status, title = _REFUSED[verdict]
    if status == 401:
        return site_of(request).page("sign_in.html", status=status, title=title)
    hint = ""
    if verdict is Verdict.MISDIRECTED:
        hint = "If it is the name of a reverse proxy, start torc-dash with --allowed-host NAME."
    return site_of(request).error_page(status, title, hint)


_NO_ROUTE = "404: Not Found"
"""What aiohttp says where nothing answers."""


@web.middleware
async def _explained(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn errors into pages that say what to do next."""
    site = site_of(request)
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        if type(error) is web.HTTPNotFound and error.text == _NO_ROUTE:
            return site.error_page(404, "There is no such page.")
        return site.error_page(error.status, error.text or error.reason)
    except TorcError as error:
        return site.error_page(status_of(error), error.message, error.hint)
    except ConnectionError:
        raise  # the browser has gone
    except Exception as error:  # noqa: BLE001 - a fault in one page ends no other
        known = as_error(error)
        return site.error_page(500, known.message, known.hint)


async def _terminal(request: web.Request) -> web.Response:
    """Show the interface."""
    site, tabs = site_of(request), request.app[TABS]
    if tabs.is_full:
        return site.error_page(
            503,
            f"{tabs.most} pages show the interface already.",
            "Close one of them, or start torc-dash with --max-tabs.",
        )
    return site.page("terminal.html", policy=TERMINAL)


async def _socket(request: web.Request) -> web.StreamResponse:
    """Connect a page to a process of the interface."""
    try:
        columns, rows = (int(request.query.get(name, "0")) for name in ("width", "height"))
    except ValueError as error:
        raise web.HTTPBadRequest(text="A size is two numbers.") from error
    is_dark = request.match_info["shade"] == "dark"
    page = Page.within(columns or 80, rows or 24, is_dark=is_dark)
    return await request.app[TABS].show(request, page)


async def _static(request: web.Request) -> web.Response:
    """Send a style, a script or a font."""
    found = _STATIC.get(request.match_info["name"])
    if found is None:
        raise web.HTTPNotFound(text="There is no such file.")
    file, kind = found
    headers = {"Cache-Control": "private, max-age=3600"}
    response = web.Response(body=file.read_bytes(), content_type=kind, headers=headers)
    response.enable_compression()
    return response


async def _sign_in(_request: web.Request) -> web.Response:
    """Never reached: the guard has judged the token."""
    raise web.HTTPSeeOther("/")


async def _close(app: web.Application) -> None:
    await app[TABS].close()
    app[SITE].close()
