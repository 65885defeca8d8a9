"""Statements that are sent without waiting for each answer: libpq's pipeline.

The connection that writes enters it with the first statement whose result is not needed, and leaves
it before a statement of SQLAlchemy's own, which looks at its result at once.
"""

from __future__ import annotations

import logging
from contextlib import ExitStack
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, event

from torc_server.storage.statements import PIPELINE

log = logging.getLogger(__name__)


class DriverPipeline:
    """The pipeline of one connection."""

    def __init__(self) -> None:
        self._entered = ExitStack()
        self._pipeline: psycopg.Pipeline | None = None

    def enter(self, driver: Any) -> None:
        """Let statements be sent without waiting for their results."""
        if self._pipeline is None:
            self._pipeline = self._entered.enter_context(driver.pipeline())

    def settle(self) -> None:
        """Wait for the results of all statements that were sent.

        Raises:
            psycopg.Error: One of them failed; those behind it were not executed.
        """
        if self._pipeline is not None:
            self._pipeline.sync()

    def leave(self) -> None:
        """Do the same, and have each statement wait for its result from now on.

        Raises:
            psycopg.Error: A statement failed.
        """
        self._pipeline = None
        self._entered.close()


def use_pipelines(engine: Engine) -> None:
    """Give each connection of an engine a pipeline."""
    event.listen(engine, "connect", _have)
    event.listen(engine, "before_cursor_execute", _leave)
    event.listen(engine, "rollback", _give_up)
    event.listen(engine, "invalidate", _close)
    event.listen(engine, "close", _close)


def _have(_driver: object, record: Any) -> None:
    record.info[PIPELINE] = DriverPipeline()


def _leave(connection: Connection, *_: object) -> None:
    connection.info[PIPELINE].leave()


def _give_up(connection: Connection) -> None:
    """Wait for what was sent, failed or not, before the transaction is rolled back."""
    if not connection.invalidated:
        _end(connection.info[PIPELINE])


def _close(_driver: object, record: Any, *_: object) -> None:
    if PIPELINE in record.info:
        _end(record.info[PIPELINE])


def _end(pipeline: DriverPipeline) -> None:
    try:
        pipeline.leave()
    except psycopg.Error as error:
        log.debug("a statement failed that was rolled back: %s", error)
