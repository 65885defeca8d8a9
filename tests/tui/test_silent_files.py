"""A file system that does not answer: it is said, other keys go on, and quitting does not wait."""

from __future__ import annotations

from torc_core.host.directories import state_directory
from torc_core.host.files.locks import lock_file
from torc_core.host.servers.visited import remember_server, visited_servers


def held(name):
    """Hold what has to be locked before a file of the state directory is written."""
    return lock_file(state_directory() / f"{name}.lock")


def test_a_file_that_hangs_holds_up_no_other_key_and_no_exit(start_tui, server, make_workflow):
    make_workflow("going_on", 3)
    remember_server("old", "http://127.0.0.1:9")
    with held("servers.json"), held("interface.json"):
        screen = start_tui(server.url, 80, 24)
        screen.wait_for("going_on")
        screen.send("@")
        screen.wait_for("visited")
        screen.send("Gd")
        screen.wait_for("does not answer", gone="visited")
        screen.send("\r")
        screen.wait_for("[Jobs]", "job_0")
        screen.send(":")
        screen.wait_for("theme")
        screen.send("theme light\r")
        screen.wait_for_silence()
        screen.send("q")

        assert screen.wait_for_end() == 0
    assert [each.name for each in visited_servers()] == ["old"]


def test_what_files_held_up_goes_on_once_they_answer(start_tui, server, make_workflow):
    make_workflow("going_on", 3)
    remember_server("old", "http://127.0.0.1:9")
    with held("servers.json"):
        screen = start_tui(server.url, 80, 24)
        screen.wait_for("going_on")
        screen.send("@")
        screen.wait_for("visited")
        screen.send("Gd")
        screen.wait_for("does not answer", gone="visited")
    screen.wait_for("Servers", gone="does not answer")

    assert visited_servers() == ()
