"""Reads the document of an exported workflow, and refuses what cannot be one.

Nothing of it is trusted. It is read as a stream, record by record, each with a limit, and what is
wrong with it is known before anything is created.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, BinaryIO

import msgspec

from torc_core.errors import SpecError
from torc_core.model.workflow import Workflow
from torc_core.operations.definition.transfer.check_document import check_document
from torc_core.operations.definition.transfer.document import (
    EXPORT_VERSION,
    SECTIONS,
    Document,
    Numbered,
    Records,
)
from torc_core.operations.definition.transfer.json_stream import JsonStream
from torc_core.operations.definition.transfer.problems import DocumentProblems, RefusedError
from torc_core.operations.reporter import PlainNotice, Reporter
from torc_core.spec.problems import MalformedError, shown
from torc_core.units import counted

MAX_RECORDS = 1_000_000
"""Of one section; as many jobs as a workflow file may have."""
MAX_RECORD_BYTES = 16 * 1024**2
MAX_WORKFLOW_BYTES = 8 * 1024**2
"""Less, as its settings become objects."""
MAX_USER_DATA_BYTES = 64 * 1024**2
"""As much as a server takes in one request."""
_MAX_NAMES = 10
_PROGRESS_STEP = 20_000
_UNREFERENCED = {"workflow_actions", "results"}
"""Sections whose ids mean nothing here."""
_VERSION = re.compile(r"([0-9]{1,6})\.([0-9]{1,6})(?:\.[0-9]{1,6})?")
_UNKNOWN_FIELD = re.compile(r"unknown field `(.*)`")
_HINT = "Export the workflow again, or correct the file."
_NO_EXPORT = (
    "Is it an exported workflow? From a workflow file one is created by: torc workflows create FILE"
)


def read_document(source: BinaryIO, name: str, reporter: Reporter) -> Document:
    """Return the document, in which every reference is to a record of its own.

    Args:
        source: Its bytes, each of which is read once.
        name: What to call it in messages.
        reporter: Where progress and warnings go.

    Raises:
        SpecError: It is not such a document, it has another major version, or it has problems.
    """
    reading = _Reading(source, reporter)
    try:
        reading.read()
        document = reading.document()
        check_document(document, reading.problems)
        reading.problems.refuse_any()
    except (MalformedError, RefusedError) as error:
        lines = error.lines if isinstance(error, RefusedError) else [error.message]
        hint = error.hint if isinstance(error, RefusedError) else ""
        raise SpecError(
            [f"{name}: {line}" for line in lines],
            source=name,
            hint=hint or (_HINT if reading.version else _NO_EXPORT),
        ) from error
    reading.warn()
    return document


class _Decoder:
    """Decodes records of a kind, and notes fields that it does not know."""

    def __init__(self, kind: type[msgspec.Struct], note_unknown: Callable[[str], None]) -> None:
        strict = msgspec.defstruct(
            kind.__name__,
            (),
            bases=(kind,),
            forbid_unknown_fields=True,
            frozen=True,
            kw_only=True,
        )
        self._strict = msgspec.json.Decoder(strict)
        self._tolerant = msgspec.json.Decoder(kind)
        self._note_unknown = note_unknown

    def decode(self, text: bytes) -> Any:
        """Return the record that a text is.

        Raises:
            ValueError: It is none.
        """
        try:
            return self._strict.decode(text)
        except msgspec.ValidationError as error:
            record = self._tolerant.decode(text)
            if unknown := _UNKNOWN_FIELD.search(str(error)):
                self._note_unknown(unknown[1])
            return record


class _Reading:
    """One reading: what has been read, and what is wrong with it."""

    def __init__(self, source: BinaryIO, reporter: Reporter) -> None:
        self.problems = DocumentProblems()
        self.version = ""
        self._stream = JsonStream(source)
        self._reporter = reporter
        self._workflow: Workflow | None = None
        self._sections: dict[str, Records[Any]] = {
            section: Records(kind) for section, kind in SECTIONS.items()
        }
        self._num_events = 0
        self._num_read = 0
        self._seen: set[str] = set()
        self._unknown: dict[str, None] = {}

    def read(self) -> None:
        """Read the whole text."""
        for key in self._stream.members():
            if key in self._seen:
                raise MalformedError(f"{key} is there twice")
            self._member(key)

    def _member(self, key: str) -> None:
        if key in SECTIONS:
            self._section(key)
        elif key == "events":
            self._num_events = sum(1 for _ in self._stream.items(MAX_RECORD_BYTES))
        elif key == "workflow":
            self._workflow = self._record(
                key, self._stream.value(MAX_WORKFLOW_BYTES), self._decoder(key, Workflow)
            )
        elif key == "export_version":
            self._check_version(self._stream.value(MAX_RECORD_BYTES))
        else:
            self._skip()
            if key != "exported_at":
                self._unknown.setdefault(key)
            return
        self._seen.add(key)

    def _skip(self) -> None:
        if self._stream.is_list():
            for _ in self._stream.items(MAX_RECORD_BYTES):
                pass
        else:
            self._stream.value(MAX_RECORD_BYTES)

    def _check_version(self, text: bytes) -> None:
        try:
            self.version = msgspec.json.decode(text, type=str)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            self.version = text[:80].decode("utf-8", "replace")
        found = _VERSION.fullmatch(self.version)
        major, minor = map(int, EXPORT_VERSION.split("."))
        if found is None:
            raise RefusedError([f"export_version is {shown(self.version)}, which is not a version"])
        if int(found[1]) != major:
            raise RefusedError(
                [f"it has version {self.version} of the format, and torc reads version {major}"],
                hint=f"Export the workflow with a torc that writes version {major}.",
            )
        if int(found[2]) > minor:
            self._unknown.setdefault(f"whatever version {self.version} has added")

    def _section(self, section: str) -> None:
        records = self._sections[section]
        decoder = self._decoder(section, SECTIONS[section])
        limit = MAX_USER_DATA_BYTES if section == "user_data" else MAX_RECORD_BYTES
        for number, text in enumerate(self._stream.items(limit)):
            if number == MAX_RECORDS:
                raise RefusedError([f"{section} has more than {MAX_RECORDS:,} records"])
            place = f"{section}[{number}]"
            record = self._record(place, text, decoder)
            if record is not None and (
                section in _UNREFERENCED or self._has_good_id(place, record, records)
            ):
                records.append(text, record)
            self._num_read += 1
            if self._num_read % _PROGRESS_STEP == 0:
                self._reporter.progress(PlainNotice(f"Read {counted(self._num_read, 'record')} …"))

    def _decoder(self, section: str, kind: type[Any]) -> _Decoder:
        return _Decoder(kind, lambda field: self._note_unknown(f"{section}.{field}"))

    def _note_unknown(self, name: str) -> None:
        if len(self._unknown) < _MAX_NAMES:
            self._unknown.setdefault(name)

    def _record(self, place: str, text: bytes, decoder: _Decoder) -> Any:
        try:
            return decoder.decode(text)
        except (ValueError, RecursionError) as error:
            self.problems.add(place, shown(str(error), 200))
            return None

    def _has_good_id(self, place: str, record: Numbered, records: Records[Any]) -> bool:
        if record.id is None or record.id < 1:
            self.problems.add(place, f"its id is {shown(str(record.id))}, and not a number from 1")
            return False
        if record.id in records.positions:
            self.problems.add(
                place,
                f"its id {shown(str(record.id))} is that of record {records.positions[record.id]}",
            )
            return False
        return True

    def document(self) -> Document:
        """Return what has been read.

        Raises:
            RefusedError: It has no version or no workflow.
        """
        if not self.version:
            raise RefusedError(["it has no export_version"])
        if self._workflow is None:
            self.problems.add("workflow", "is missing")
        self.problems.refuse_any()
        assert self._workflow is not None
        sections: dict[str, Any] = self._sections
        return Document(workflow=self._workflow, num_events=self._num_events, **sections)

    def warn(self) -> None:
        """Report what is left out."""
        if self._unknown:
            names = ", ".join(map(shown, self._unknown))
            sentence = f"The document holds what this torc does not know; left out: {names}."
            self._reporter.warn(PlainNotice(sentence))
