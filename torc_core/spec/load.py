"""Workflow files: read, check, expand.

The format follows from the suffix; a file with another suffix is read in the first format that
accepts it.
Places in the text are looked up only when there is something to report.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path as FilePath
from typing import Any, BinaryIO

import msgspec

from torc_core.errors import MachineError, SpecError
from torc_core.spec.expanded import ExpandedWorkflow
from torc_core.spec.fields import MAX_PATH_LENGTH
from torc_core.spec.files.paths import Surroundings
from torc_core.spec.formats.read_json import read_json
from torc_core.spec.formats.read_kdl import read_kdl
from torc_core.spec.formats.read_yaml import read_yaml
from torc_core.spec.problems import (
    MalformedError,
    ManyProblemsError,
    Marks,
    Problems,
    report,
    shown,
)
from torc_core.spec.schema import read_workflow

MAX_JOBS = 1_000_000
"""The default bound on jobs, and likewise on files and user data, of one workflow."""
MAX_FILE_BYTES = 64 * 1024 * 1024

_NO_SURROUNDINGS = Surroundings()

Reader = Callable[[str, Marks | None], Any]

FORMATS: dict[str, Reader] = {"json": read_json, "yaml": read_yaml, "kdl": read_kdl}
"""Readers by format, in the order in which they are tried on a file with another suffix."""

_FORMAT_OF_SUFFIX = {
    ".yaml": "yaml",
    ".yml": "yaml",
    ".json": "json",
    ".json5": "json",
    ".kdl": "kdl",
}
SUFFIXES = frozenset(_FORMAT_OF_SUFFIX)
"""How the names of workflow files end, with the dot."""


def format_of(name: str) -> str | None:
    """Return the format in `FORMATS` that a file's name says it has; None if it says none."""
    return _FORMAT_OF_SUFFIX.get(FilePath(name).suffix.lower())


class SpecFile(msgspec.Struct, frozen=True, kw_only=True):
    """A workflow file that has been read: a pipe can be read only once."""

    source: str
    """What to call it in messages."""
    suffix: str
    """Of its name, with the dot; empty if it has none."""
    text: str

    def expand(self, *, max_jobs: int = MAX_JOBS, skip_checks: bool = False) -> ExpandedWorkflow:
        """Check and expand it, with the environment and the accounts of this process.

        Args:
            max_jobs: Refuse a workflow of more jobs than this.
            skip_checks: Only warn of jobs that need more nodes or time than their scheduler has.

        Raises:
            SpecError: It has problems; all of them are reported.
        """
        return parse_workflow(
            self.text,
            format=_FORMAT_OF_SUFFIX.get(self.suffix.lower()),
            source=self.source,
            max_jobs=max_jobs,
            surroundings=surroundings_here(),
            skip_checks=skip_checks,
        )

    def read(self) -> tuple[str, Any]:
        """Return the name of its format in `FORMATS`, and its content as plain data.

        Raises:
            SpecError: It is in no format, or not in that of its suffix.
        """
        suffix_format = _FORMAT_OF_SUFFIX.get(self.suffix.lower())
        read, tree = _read(self.text, suffix_format, self.source)
        return next(name for name, reader in FORMATS.items() if reader is read), tree


def read_spec(path: str | os.PathLike[str]) -> SpecFile:
    """Read a workflow file, a pipe, or standard input, which is called `-`.

    Raises:
        SpecError: Not there, or not readable as text.
        MachineError: The file system refused to hand out the file.
    """
    name = os.fspath(path)
    with open_named(name, "a workflow file") as (file, source):
        content = file.read(MAX_FILE_BYTES + 1)
    return SpecFile(source=source, suffix=FilePath(name).suffix, text=_text_of(content, source))


def spec_file(content: bytes, name: str) -> SpecFile:
    """Return a workflow file that is not on this machine.

    Args:
        content: What is in it.
        name: What it is called; its suffix says its format.

    Raises:
        SpecError: It is not readable as text.
    """
    source = shown(name, MAX_PATH_LENGTH)
    return SpecFile(source=source, suffix=FilePath(name).suffix, text=_text_of(content, source))


@contextmanager
def open_named(name: str, kind: str) -> Iterator[tuple[BinaryIO, str]]:
    """Open a file, a pipe, or standard input, which is called `-`; also return its name to show.

    Args:
        name: As the user wrote it.
        kind: What it should be, such as "a workflow file".

    Raises:
        SpecError: There is no such file.
        MachineError: It cannot be opened or read.
    """
    source = "standard input" if name == "-" else shown(name, MAX_PATH_LENGTH)
    try:
        file = open("/dev/stdin" if name == "-" else name, "rb")  # noqa: PTH123, SIM115 - also ""
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise SpecError(
            [f"{source}: there is no such file"],
            source=source,
            hint="Check the path; a relative one begins in the current directory.",
        ) from error
    except IsADirectoryError as error:
        raise SpecError([f"{source}: is a directory, not {kind}"], source=source) from error
    except OSError as error:
        raise _unreadable(source, error) from error
    with file:
        try:
            yield file, source
        except OSError as error:
            raise _unreadable(source, error) from error


def _unreadable(source: str, error: OSError) -> MachineError:
    return MachineError(
        f"{source} cannot be read: {error.strerror}.", hint="Check its permissions."
    )


def load_workflow(path: str | os.PathLike[str], *, max_jobs: int = MAX_JOBS) -> ExpandedWorkflow:
    """Read and expand a workflow file: YAML, JSON, JSON5 or KDL, by its suffix.

    Args:
        path: The file, or `-` for standard input.
        max_jobs: Refuse a workflow of more jobs than this.

    Raises:
        SpecError: Not there, not readable as text, or with problems; all of them are reported.
        MachineError: The file system refused to hand out the file.
    """
    return read_spec(path).expand(max_jobs=max_jobs)


def parse_workflow(
    text: str,
    *,
    format: str | None = None,  # noqa: A002 -- the word for it
    source: str = "workflow",
    max_jobs: int = MAX_JOBS,
    surroundings: Surroundings = _NO_SURROUNDINGS,
    skip_checks: bool = False,
) -> ExpandedWorkflow:
    """Check and expand the text of a workflow file.

    Args:
        text: The whole file.
        format: "yaml", "json" (which includes JSON5) or "kdl"; None tries each.
        source: What to call the text in messages.
        max_jobs: Refuse a workflow of more jobs than this.
        surroundings: What paths of files may refer to.
        skip_checks: Only warn of jobs that need more nodes or time than their scheduler has.

    Raises:
        SpecError: The text has problems; all of them are reported.
    """
    if not text.strip():
        raise SpecError([f"{source}: the file is empty"], source=source)
    read, tree = _read(text, format, source)
    workflow, problems = check_tree(
        tree, max_jobs=max_jobs, surroundings=surroundings, skip_checks=skip_checks
    )
    if workflow is not None and not (problems.warnings or problems.notes):
        return workflow
    del tree  # before the text is read once more
    marks = Marks(path for path, _ in (*problems.errors, *problems.warnings, *problems.notes))
    try:
        read(text, marks)
    except MalformedError as problem:  # where the reader of places is the stricter one
        raise SpecError([_malformed(problem, source)], source=source) from problem
    if workflow is None:
        raise SpecError(report(problems.errors, source, marks), source=source)
    warnings = tuple(report(problems.warnings, source, marks))
    notes = tuple(report(problems.notes, source, marks))
    return msgspec.structs.replace(workflow, warnings=warnings, notes=notes)


def check_tree(
    tree: Any, *, max_jobs: int, surroundings: Surroundings, skip_checks: bool = False
) -> tuple[ExpandedWorkflow | None, Problems]:
    """Check and expand the data of a workflow file.

    Args:
        tree: Plain data as a reader returns it.
        max_jobs: Refuse a workflow of more jobs than this.
        surroundings: What paths of files may refer to.
        skip_checks: Only warn of jobs that need more nodes or time than their scheduler has.

    Returns:
        The workflow, None when anything is wrong with it, and all that is to be said of it.
    """
    # Half the time of importing this package, and most commands expand no file.
    from torc_core.spec.build import build_workflow  # noqa: PLC0415

    problems = Problems()
    workflow = None
    with suppress(ManyProblemsError):
        spec = read_workflow(tree, problems)
        workflow = build_workflow(spec, problems, max_jobs, surroundings, skip_checks=skip_checks)
    return workflow, problems


def _malformed(problem: MalformedError, source: str, kind: str = "") -> str:
    place = f":{problem.position.line}:{problem.position.column}" if problem.position else ""
    return f"{source}{place}: {kind}{problem.message}"


def surroundings_here() -> Surroundings:
    """Return those of this process; without a folder where it was removed in the meantime."""
    try:
        folder = os.getcwd()  # noqa: PTH109 -- paths are compared as texts
    except OSError:
        folder = ""
    return Surroundings(os.environ, _home_of, folder)


def _home_of(account: str) -> str | None:
    home = os.path.expanduser(f"~{account}")  # noqa: PTH111 -- pathlib raises for unknown accounts
    return None if home.startswith("~") else home


def _text_of(content: bytes, source: str) -> str:
    """Return the text of a file, refusing what cannot be a workflow file."""
    if len(content) > MAX_FILE_BYTES:
        limit = MAX_FILE_BYTES // 1024**2
        raise SpecError([f"{source}: larger than {limit} MiB"], source=source)
    problem = ""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content[:4096]:
        problem = "not UTF-8 text; it looks like UTF-16 or a binary file"
    else:
        try:
            return content.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            problem = f"line {line} is not UTF-8 text (byte 0x{content[error.start]:02x})"
    raise SpecError([f"{source}: {problem}"], source=source)


def _read(text: str, format_name: str | None, source: str) -> tuple[Reader, Any]:
    """Return the reader for a text and what it reads."""
    tried: list[str] = []
    for name, read in FORMATS.items():
        if format_name not in {None, name}:
            continue
        try:
            tree = read(text, None)
        except MalformedError as problem:
            kind = "" if format_name else f"as {name.upper()}, "
            tried.append(_malformed(problem, source, kind))
            continue
        if isinstance(tree, dict) and "export_version" in tree:
            raise SpecError(
                [f"{source}: an exported workflow, not a workflow file"],
                source=source,
                hint="Import it: torc workflows import FILE",
            )
        if format_name is not None or isinstance(tree, dict):
            return read, tree
        tried.append(f"{source}: as {name.upper()} it is not a mapping")
    raise SpecError(tried or [f"{source}: {format_name} is not a format"], source=source)
