"""What the application is put together from."""

from __future__ import annotations

from pathlib import Path

from torc_server.app import create_app
from torc_server.settings import ServerSettings


def test_litestar_takes_no_plugins_for_types_that_are_on_no_wire():
    plugins = {
        type(plugin).__name__ for plugin in create_app(ServerSettings(database=Path("x"))).plugins
    }

    assert "MsgspecDIPlugin" in plugins
    assert not {name for name in plugins if name.startswith(("Pydantic", "Attrs"))}
