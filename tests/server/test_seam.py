"""The kind of the database is known in one folder, and statements know none."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.dialects.postgresql.base import PGDialect

import torc_server
from torc_server.storage import tables
from torc_server.storage.migrations import VERSION
from torc_server.storage.postgres import upgrades as postgres
from torc_server.storage.sqlite.upgrades import UPGRADES
from torc_server.storage.statements import Prepared
from torc_server.storage.tables.columns import CONDITION

PACKAGE = Path(torc_server.__file__).parent
ALONE = [PACKAGE / "storage" / kind for kind in ("sqlite", "postgres")]
OTHERS = [path for path in PACKAGE.rglob("*.py") if not any(map(path.is_relative_to, ALONE))]
DRIVERS = ("sqlite3", "psycopg", "sqlalchemy.dialects")
THEIR_OWN = (
    *("PRAGMA", "sqlite_errorcode", "constraint failed", "AUTOINCREMENT", "sqlite_master"),
    *("sqlstate", "pg_", "to_regclass"),
)
PROGRAM = "pg_dump"
"""What messages may name: users call it."""


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_one_folder_names_each_kind_of_database(path):
    source = path.read_text("utf-8")
    imported = {
        name
        for node in ast.walk(ast.parse(source))
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    }
    assert not [name for name in imported if name.startswith(DRIVERS)]
    assert [word for word in THEIR_OWN if word in source.replace(PROGRAM, "")] == []


def statements():
    for found in pkgutil.walk_packages([str(PACKAGE)], "torc_server."):
        if not found.name.endswith("__main__"):
            for name, value in vars(importlib.import_module(found.name)).items():
                if isinstance(value, Prepared):
                    yield pytest.param(value, id=f"{found.name}.{name}")


@pytest.mark.parametrize("statement", statements())
def test_every_prepared_statement_is_one_of_postgresql_too(statement):
    form = statement.compile(PGDialect(paramstyle="format"))

    for ids in (1, 4):
        places = form.arrange(dict.fromkeys(place.name for place in form._places), [7] * ids)
        assert form.text(ids).count("%s") == len(places)
        assert "POSTCOMPILE" not in form.text(ids)


def test_a_server_with_a_file_imports_nothing_of_postgresql():
    code = (
        "import sys, torc_server.serve, torc_server.storage.sqlite.database;"
        "print([name for name in sys.modules if 'postgresql' in name or 'psycopg' in name])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"


def test_the_indices_of_some_rows_are_so_on_both_kinds():
    indices = {
        index for table in tables.workflow.metadata.tables.values() for index in table.indexes
    }
    kept = {
        index.name: {str(index.dialect_options[kind]["where"]) for kind in ("sqlite", "postgresql")}
        for index in indices
        if CONDITION in index.info
    }
    assert len(kept) == 5
    assert all(len(conditions) == 1 and conditions != {"None"} for conditions in kept.values())


def test_the_steps_lead_to_the_version_of_the_tables():
    assert 1 + len(UPGRADES) == VERSION
    assert postgres.FIRST + len(postgres.UPGRADES) == VERSION
