"""Pages that show a figure in a browser, without a network."""

from __future__ import annotations

import gzip
import html
import json
from base64 import b64encode
from functools import cache
from importlib.resources import files
from string import Template

from torc_core.errors import MachineError
from torc_tui.extras import how_to_install
from torc_tui.plots.figures import Figure
from torc_tui.terminal import clean


@cache
def library() -> str:
    """Return plotly.js.

    Raises:
        MachineError: It is not installed.
    """
    try:
        from plotly.offline import get_plotlyjs  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MachineError(
            "plotly is not installed; it draws plots in a browser.",
            hint=f"{how_to_install('plots')} Or take --format json.",
        ) from error
    return str(get_plotlyjs())


@cache
def embedded_library() -> str:
    """Return what a page holds to carry the library itself: compressed, a third of its size."""
    return b64encode(gzip.compress(library().encode(), mtime=0)).decode()


def library_file(name: str) -> str:
    """Return what a page holds to load the library from a file in the same directory."""
    return f"file {name}"


def page(title: str, figure: Figure, source: str) -> str:
    """Return a page.

    Args:
        title: Its title.
        figure: What it shows.
        source: Of the library: `embedded_library()`, or `library_file(NAME)`.
    """
    template = Template(files(__package__).joinpath("page.html").read_text("utf-8"))
    return template.substitute(
        title=html.escape(clean(title)), figure=as_json(figure), library=as_json(source)
    )


def as_json(value: Figure | str) -> str:
    """Return JSON that may stand in a page: nothing in it ends a script or begins a comment."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e")
