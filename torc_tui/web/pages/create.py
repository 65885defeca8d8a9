"""Create a workflow from a file of the machine that the browser runs on."""

from __future__ import annotations

import asyncio
from pathlib import PurePosixPath

from aiohttp import BodyPartReader, web

from torc_core.client import TorcClient
from torc_core.errors import SpecError, UsageError
from torc_core.operations.definition.create import Created, create, working_directory
from torc_core.operations.reporter import Notice, SilentReporter
from torc_core.spec.load import SpecFile, spec_file
from torc_tui.web.site import Site, site_of

MOST_BYTES = 16 * 1024 * 1024
_UPLOAD_S = 120.0
"""How long a file may take to arrive."""


class _Warnings(SilentReporter):
    """Keeps what a page shows."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def warn(self, warning: Notice) -> None:
        """Keep a warning."""
        self.sentences.append(warning.sentence)


async def _form(request: web.Request) -> web.Response:
    """Ask for the file."""
    return _page(site_of(request))


async def _create(request: web.Request) -> web.Response:
    """Create the workflow, and lead to it."""
    site = site_of(request)
    try:
        file = await _uploaded(request)
        warnings = _Warnings()
        created = await site.ask(_created, file, site.user, warnings)
    except SpecError as error:
        return _page(site, status=400, problems=error.problems)
    except UsageError as error:
        return _page(site, status=400, problems=[error.message])
    return site.page("created.html", created=created, warnings=warnings.sentences)


def _created(client: TorcClient, file: SpecFile, user: str, warnings: _Warnings) -> Created:
    return create(client, file.expand(), user=user, reporter=warnings)


def _page(site: Site, *, status: int = 200, problems: list[str] | None = None) -> web.Response:
    return site.page(
        "create.html",
        status=status,
        problems=problems or [],
        directory=working_directory() or "",
        most_mib=MOST_BYTES // 1024**2,
    )


async def _uploaded(request: web.Request) -> SpecFile:
    """Return the file of a form.

    Raises:
        UsageError: There is none, or it is too large or too slow.
        SpecError: It is not text.
    """
    if (request.content_length or 0) > MOST_BYTES + 64 * 1024:
        raise _too_large()
    if request.content_type != "multipart/form-data":
        raise UsageError("No file was sent.")
    try:
        async with asyncio.timeout(_UPLOAD_S):
            async for part in await request.multipart():
                if isinstance(part, BodyPartReader) and part.name == "file" and part.filename:
                    name = PurePosixPath(part.filename.replace("\\", "/")).name
                    return spec_file(await _content(part), name)
    except TimeoutError as error:
        raise UsageError(f"The file did not arrive within {_UPLOAD_S:.0f} s.") from error
    except ValueError as error:
        raise UsageError("What was sent is not a form.") from error
    raise UsageError("No file was chosen.")


async def _content(part: BodyPartReader) -> bytes:
    content = bytearray()
    while chunk := await part.read_chunk():
        content += chunk
        if len(content) > MOST_BYTES:
            raise _too_large()
    return bytes(content)


def _too_large() -> UsageError:
    return UsageError(
        f"The file is larger than {MOST_BYTES // 1024**2} MiB; copy it to the machine, and use "
        "torc workflows create there."
    )


ROUTES = (web.get("/create", _form), web.post("/create", _create))
