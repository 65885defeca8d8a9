"""What a guard keeps of a process for the next runner: whose it is."""

from __future__ import annotations

import msgspec

from torc_core.model.exchange import ClaimedJob
from torc_core.model.ids import ActionId, FileId
from torc_core.runner.policy.outputs.written import FileState
from torc_core.runner.process.attempt import Recovery


class AttemptRecord(msgspec.Struct, frozen=True, kw_only=True, tag="attempt"):
    """The process is an attempt's: its job's, or its recovery script's."""

    claimed: ClaimedJob
    gpus: tuple[str, ...] = ()
    outputs_before: dict[FileId, FileState] = {}
    cpus: tuple[int, ...] = ()
    is_step: bool = False
    """The job runs in a step of an allocation."""
    recovery: Recovery | None = None
    """Of a recovery script."""


class CommandRecord(msgspec.Struct, frozen=True, kw_only=True, tag="command"):
    """The process is a command's of an action."""

    action_id: ActionId
    file: str
    """Packed; holds the command, if it is too long for an argument."""


ProcessRecord = AttemptRecord | CommandRecord

_ENCODER = msgspec.json.Encoder()
_DECODER: msgspec.json.Decoder[ProcessRecord] = msgspec.json.Decoder(ProcessRecord)


def encode(record: ProcessRecord) -> msgspec.Raw:
    """Return a record as a guard is given it."""
    return msgspec.Raw(_ENCODER.encode(record))


def decode(raw: msgspec.Raw) -> ProcessRecord:
    """Return a record that a guard has kept.

    Raises:
        msgspec.MsgspecError: Another version has written it.
    """
    return _DECODER.decode(raw)
