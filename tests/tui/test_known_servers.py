"""Going from one server to another by name."""

from __future__ import annotations

from urllib.parse import urlsplit

from tui.driving import interface

from torc_core.client import TorcClient
from torc_core.config.schema import ClientSettings
from torc_core.config.servers import NamedServer
from torc_core.host.directories import state_directory
from torc_core.host.servers.visited import visited_servers
from torc_core.model.workflow import Workflow
from torc_server.access import credentials


async def test_a_server_is_named_gone_to_and_forgotten(server, make_server, make_workflow):
    make_workflow("of_the_shared_one")
    other = make_server()
    other.client().create_workflow(Workflow(name="of_the_other", user="ada"))
    configured = ClientSettings(servers={"cluster": NamedServer(url=other.url, user="ada")})
    async with interface(server.url, (100, 30), configured=configured) as ui:
        await ui.wait_for("of_the_shared_one")
        await ui.press("at")
        await ui.wait_for("cluster")
        await ui.press("down", "enter")
        await ui.wait_for("● cluster")
        await ui.wait_for("of_the_other")
        await ui.wait_for(lambda: "of_the_shared_one" not in ui.seen())
        await ui.press("at")
        await ui.wait_for("n name one")
        await ui.press("n")
        await ui.type("first")
        await ui.press("enter")
        await ui.wait_for("Address of first")
        await ui.type(server.url.replace("http://", "http://bob:secret@"))
        await ui.press("enter")
        await ui.wait_for("User at first")
        await ui.type("tester")
        await ui.press("enter")
        await ui.wait_for(urlsplit(server.url).netloc)
        await ui.press("G", "enter")
        await ui.wait_for("● first")
        await ui.wait_for("of_the_shared_one")
        kept = state_directory() / "servers.json"
        assert "secret" not in kept.read_text()
        assert kept.stat().st_mode & 0o077 == 0
        await ui.press("at")
        await ui.wait_for("visited")
        await ui.press("G", "d")
        await ui.wait_for(lambda: not visited_servers())
        await ui.press("d")
        await ui.press("escape")
        await ui.wait_for("so it stays in the list")


async def test_a_server_that_asks_who_one_is_gets_an_answer(server, make_server, tmp_path):
    users = tmp_path / "htpasswd"
    credentials.write_lines(users, [f"ada:{credentials.hash_password(' two words', 4)}"])
    guarded = make_server("--auth-file", str(users), "--require-auth")
    TorcClient(guarded.url, user="ada", password=" two words").create_workflow(
        Workflow(name="guarded", user="ada")
    )
    configured = ClientSettings(servers={"cluster": NamedServer(url=guarded.url, user="ada")})
    async with interface(server.url, (100, 30), configured=configured) as ui:
        await ui.wait_for("● 127.0.0.1")
        await ui.press("at")
        await ui.wait_for("cluster")
        await ui.press("down", "enter")
        for typed in ("wrong", " two words"):
            await ui.wait_for("User at cluster")
            await ui.press("enter")
            await ui.wait_for("Password of ada at cluster")
            await ui.press(*(key.replace(" ", "space") for key in typed))
            assert typed.strip() not in ui.seen()
            await ui.press("enter")
        await ui.wait_for("● cluster")
        await ui.wait_for("guarded")
        assert "two words" not in "".join(
            file.read_text() for file in state_directory().glob("*.json")
        )
