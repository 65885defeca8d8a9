"""What jobs printed, and files of workflows: shown, and downloaded.

An address names a record, never a path: where its file is follows from what the server says of it,
as in the interface. Only regular files are opened, and of the output of jobs, where jobs write
themselves, none that is a link.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO, NamedTuple
from urllib.parse import quote

from aiohttp import web

from torc_core.client import TorcClient
from torc_core.errors import MachineError, NotFoundError, UsageError
from torc_core.host.files.regular import open_regular
from torc_core.model.ids import FileId, JobId
from torc_core.model.job import Job
from torc_core.operations.jobs.logs import JobLog, LogChoice, LogStream, find_written_log
from torc_core.operations.logs.output_directory import open_plain
from torc_core.operations.places import place_of
from torc_core.units import MAX_INTEGER
from torc_tui.state.logs.terminal_line import shown_text
from torc_tui.terminal import clean
from torc_tui.web.headers import FILE, policy, protect
from torc_tui.web.site import Site, number_in, site_of

_SHOWN = 256 * 1024
"""Bytes from the end of what a job printed."""
_BLOCK = 256 * 1024
_PATIENCE_S = 60.0
"""How long a browser may take to read a block."""


class _Shown(NamedTuple):
    """A part of what a job printed."""

    name: str
    path: Path
    size: int
    text: str
    is_cut: bool


async def _output(request: web.Request) -> web.Response:
    """Show what an attempt of a job printed."""
    site = site_of(request)
    job_id = JobId(number_in(request, "job"))
    job, log = await site.ask(_log, job_id, _choice(request))
    shown = await site.work(lambda: [one for each in log.streams if (one := _end_of(each))])
    return site.page("output.html", job=job, log=log, streams=shown)


async def _download_output(request: web.Request) -> web.StreamResponse:
    """Send all that an attempt of a job printed to one stream."""
    site = site_of(request)
    job_id = JobId(number_in(request, "job"))
    _, log = await site.ask(_log, job_id, _choice(request))
    name = request.match_info["stream"]
    stream = next((each for each in log.streams if each.name == name), None)
    file = None if stream is None else await site.work(open_plain, stream.path)
    if stream is None or file is None:
        raise NotFoundError(f"There is no {name!r} of that attempt on this machine.")
    return await _sent(request, site, file, stream.path.name)


async def _download_file(request: web.Request) -> web.StreamResponse:
    """Send a file of a workflow."""
    site = site_of(request)
    file = await site.ask(lambda client: client.get_file(FileId(number_in(request, "file"))))
    path = await site.ask(lambda client: place_of(client, file))
    try:
        content = os.fdopen(await site.work(open_regular, path), "rb")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise NotFoundError(
            f"{clean(str(path))}: {reason}.",
            hint="It is looked for on the machine of torc-dash, where the workflow ran last.",
        ) from error
    return await _sent(request, site, content, path.name)


def _log(client: TorcClient, job_id: JobId, choice: LogChoice) -> tuple[Job, JobLog]:
    job = client.get_job(job_id)
    return job, find_written_log(client, job, choice)


def _choice(request: web.Request) -> LogChoice:
    """Return which attempt the address names; the latest one that has printed something if none."""
    return LogChoice(run_id=_number(request, "run"), attempt_id=_number(request, "attempt"))


def _number(request: web.Request, name: str) -> int | None:
    text = request.query.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text) <= MAX_INTEGER):
        raise UsageError(f"{text!r} is not the number of a run or an attempt.")
    return int(text)


def _end_of(stream: LogStream) -> _Shown | None:
    file = open_plain(stream.path)
    if file is None:
        return None
    with file:
        size = os.fstat(file.fileno()).st_size
        file.seek(max(size - _SHOWN, 0))
        content = file.read(_SHOWN)
    lines = content.decode("utf-8", "replace").split("\n")
    text = "\n".join(shown_text(line).plain for line in lines)  # as a terminal shows them
    return _Shown(stream.name, stream.path, size, text, size > _SHOWN)


async def _sent(request: web.Request, site: Site, file: BinaryIO, name: str) -> web.StreamResponse:
    """Send a file to be stored, in blocks, to a browser that reads them."""
    response = web.StreamResponse()
    response.content_type = "application/octet-stream"
    response.headers["Content-Security-Policy"] = policy(FILE)
    response.headers["Content-Disposition"] = (
        f"attachment; filename*=UTF-8''{quote(name.encode('utf-8', 'replace'), safe='')}"
    )
    protect(response.headers)
    with file:
        # As long as it is now: what a job prints meanwhile is left to the next time.
        response.content_length = size = os.fstat(file.fileno()).st_size
        await response.prepare(request)
        async for block in _blocks(site, file, size):
            async with asyncio.timeout(_PATIENCE_S):
                await response.write(block)
    await response.write_eof()
    return response


async def _blocks(site: Site, file: BinaryIO, size: int) -> AsyncIterator[bytes]:
    while size > 0:
        block = await site.work(file.read, min(_BLOCK, size))
        if not block:  # it was cut in the meantime
            raise MachineError("The file became shorter while it was sent.")
        size -= len(block)
        yield block


ROUTES = (
    web.get(r"/jobs/{job:\d{1,18}}", _output),
    web.get(r"/jobs/{job:\d{1,18}}/{stream:[a-z ]{1,20}}", _download_output),
    web.get(r"/files/{file:\d{1,18}}", _download_file),
)
