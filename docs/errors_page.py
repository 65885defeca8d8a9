"""The page of all errors, made from their classes and the server's table of statuses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from inspect import cleandoc

from torc_core.client.replies import CLASS_OF_STATUS
from torc_core.errors import (
    ProtocolError,
    ServerError,
    SpecError,
    TorcError,
    TransportError,
    UnsupportedError,
)
from torc_server.edge.problems import HTTP_CODES, HTTP_STATUS

ADVICE: Mapping[str, str] = {
    "invalid": "Correct what the message names; `field` and `value` say which it is.",
    "invalid_spec": "Correct the lines that are named, all at once; nothing was created.",
    "forbidden": "Check the user name and the password or token: "
    "[connect to a server](configuration.md#client).",
    "not_found": "List what there is, such as `torc workflows list`; ids are those of one server.",
    "unsupported": "Use what the hint names instead, or a server of torc's own.",
    "conflict": "Do first what the hint says, such as stopping what runs or restoring what is "
    "archived; some commands have `--force`.",
    "illegal_transition": "Look at the job's status (`torc jobs get`) and at what it "
    "[may become](job-states.md).",
    "unreachable": "Check whether the server runs, and `--url`; `torc ping` tells. Repeating the "
    "command is safe, as nothing was sent.",
    "no_answer": "Look whether it was done before you repeat it.",
    "server_error": "Read the server's log, under the span id of the message.",
    "bad_reply": "Check `--url`: something else answers there, such as a proxy or another program.",
    "timed_out": "Look whether it was done before you repeat it, or wait for longer.",
    "environment": "Provide what is missing: space on the disk, a program, a permission.",
}
"""What to do, by code."""

_ONLY_HERE = (TransportError, ProtocolError, SpecError, UnsupportedError)
"""What no server sends."""

_HEAD = """\
# Errors

A command that fails prints on stderr what happened and, below an empty line, what to do next; with
`--format json` one line of JSON, the last one of stderr, in the shape that the errors of a server
have. Stdout stays empty, or ends in the middle of a list. Only commands that check something print
what they found there, too: `torc workflows create --dry-run`, `torc config validate`, and
`torc jobs delete` the ids that do not exist.

```text
error: No torc server answers at http://localhost:8080/torc-service/v1: connection refused.

hint: Start one with `torc-server run`, or leave out --url and TORC_API_URL.
```

```json
{"error": {"code": "not_found", "message": "There is no job 7.", "exit_code": 4, "kind": "job",
  "hint": "torc jobs list WORKFLOW"}}
```

Every error has a code, an [exit code](exit-codes.md) and, at the server, an HTTP status. Programs
should look at these: the words of messages may change. In a reply of the server the code is
`error.code`, see [HTTP interface](http-api.md#errors); in Python it is the attribute `code` of
`torc_core.errors.TorcError`, beside `message`, `hint`, `exit_code` and `details`.
"""
_TAIL = """\
Where an error has several statuses, [HTTP interface](http-api.md#errors) says which is when. A
server that is busy has three more codes: `overloaded`, `too_many_connections` and
`too_many_requests`.
"""
_BESIDE = """\
## Other endings

| What | Exit code |
| --- | --- |
| An option or argument that does not exist or has a wrong value | 2 |
| A file that cannot be read or written; no memory left; a part of the installation missing | 9 |
| A fault of torc: the message names the file with its traceback, which belongs into a report | 70 |
| Whatever reads stdout has gone, as in `torc jobs list \\| head -1`: this is no error | 0 |
"""


def page() -> str:
    """Return the page."""
    rows = [
        "| Code | Exit code | HTTP status | What happened | What to do |",
        "| --- | --- | --- | --- | --- |",
        *map(_row, sorted(codes())),
    ]
    return "\n".join([_HEAD, *rows, "", _TAIL, *_by_status(), "", _BESIDE])


def codes() -> set[str]:
    """Return the codes of all errors that are raised; a request without a reply is of two kinds."""
    return {kind.code for kind in _below(TorcError)} - {TransportError.code}


def _below(parent: type[TorcError]) -> Iterator[type[TorcError]]:
    for kind in parent.__subclasses__():
        yield kind
        yield from _below(kind)


def _by_status() -> Iterator[str]:
    yield "An error that the server reports ends a command with 5 if its code is `conflict` or"
    yield "`illegal_transition`; otherwise its status decides:\n"
    yield "| HTTP status | Exit code |\n| --- | --- |"
    exit_codes = {status: kind.exit_code for status, kind in CLASS_OF_STATUS.items()}
    for exit_code in sorted(set(exit_codes.values()) - {ServerError.exit_code}):
        statuses = [str(status) for status, own in exit_codes.items() if own == exit_code]
        yield f"| {', '.join(statuses)} | {exit_code} |"
    yield f"| others from 400 on | {ServerError.exit_code} |"


def _row(code: str) -> str:
    kinds = [kind for kind in _below(TorcError) if kind.code == code]
    exit_codes = sorted({int(kind.exit_code) for kind in kinds})
    statuses = {_status(kind) for kind in kinds if not issubclass(kind, _ONLY_HERE)}
    statuses |= {status for status, known in HTTP_CODES.items() if known == code}
    first = min(kinds, key=lambda kind: len(kind.__mro__))
    happened = " ".join(cleandoc(first.__doc__ or "").partition("\n\n")[0].split())
    shown = ", ".join(map(str, sorted(statuses))) or "none"
    exits = ", ".join(map(str, exit_codes))
    return f"| `{code}` | {exits} | {shown} | {happened} | {ADVICE[code]} |"


def _status(kind: type[TorcError]) -> int:
    return next(HTTP_STATUS[each] for each in kind.__mro__ if each in HTTP_STATUS)
