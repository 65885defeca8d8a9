"""Headers of all answers: only our own scripts run, and nothing goes to other servers."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import MutableMapping
from hashlib import sha256

_PAGE = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
TERMINAL = {"style-src": "'self' 'unsafe-inline'"}
"""What the page with the terminal may do beyond: xterm.js writes the styles of its cells."""
FILE = {"default-src": "'none'", "sandbox": ""}
"""What a file may do that a browser shows although it is to be stored."""
_ALWAYS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "torc-dash",
    "Referrer-Policy": "same-origin",  # with less, the forms of our pages have no origin
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def protect(headers: MutableMapping[str, str], further: dict[str, str] | None = None) -> None:
    """Add the headers to an answer, unless it has stricter ones of its own."""
    for name, value in _ALWAYS.items():
        headers.setdefault(name, value)
    headers.setdefault("Content-Security-Policy", policy(further or {}))


def policy(further: dict[str, str]) -> str:
    """Return the value of `Content-Security-Policy`."""
    return "; ".join(f"{name} {value}".strip() for name, value in {**_PAGE, **further}.items())


def plot_policy(page: str) -> dict[str, str]:
    """Return what a page with a plot may do beyond: run its own script, and draw."""
    scripts = (b64encode(sha256(each.encode()).digest()).decode() for each in _INLINE.findall(page))
    allowed = " ".join(f"'sha256-{each}'" for each in scripts)
    return {
        "script-src": f"'self' {allowed}",
        "style-src": "'unsafe-inline'",
        "img-src": "data: blob:",
    }
