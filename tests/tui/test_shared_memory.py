"""What several interfaces remember at once is all kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from torc_core.host.directories import state_directory
from torc_core.host.files.json_file import change_record, read_record
from torc_core.host.servers.visited import forget_server, remember_server, visited_servers
from torc_tui.state.creating.recent_files import note_file, recent_files
from torc_tui.state.tables.remembered import ListMemory, Remembered

TOGETHER = 16


def _remember_list(name):
    remembered = Remembered(state_directory() / "interface.json")
    remembered.change_list(name, lambda _: ListMemory(columns=("ID",)))
    remembered.write()


KEPT = {
    "files": (
        lambda name: note_file(Path("/tmp") / name),
        lambda: {Path(each).name for each in recent_files()},
    ),
    "servers": (
        lambda name: remember_server(name, "http://127.0.0.1:9"),
        lambda: {each.name for each in visited_servers()},
    ),
    "lists": (
        _remember_list,
        lambda: set(Remembered(state_directory() / "interface.json").memory.lists),
    ),
}


@pytest.mark.parametrize("kind", KEPT)
def test_of_what_is_noted_together_nothing_is_lost(kind):
    note, noted = KEPT[kind]
    names = {f"of_{number}" for number in range(TOGETHER)}
    with ThreadPoolExecutor(TOGETHER) as pool:
        list(pool.map(note, names))

    assert noted() == names


def test_servers_are_forgotten_while_others_are_noted():
    for number in range(TOGETHER):
        remember_server(f"old_{number}", "http://127.0.0.1:9")
    with ThreadPoolExecutor(TOGETHER) as pool:
        for number in range(TOGETHER):
            pool.submit(forget_server, f"old_{number}")
            pool.submit(remember_server, f"new_{number}", "http://127.0.0.1:9")

    assert {each.name for each in visited_servers()} == {f"new_{n}" for n in range(TOGETHER)}


def test_where_nothing_can_be_locked_the_record_is_changed_all_the_same(tmp_path):
    path = tmp_path / "record.json"
    path.with_name("record.json.lock").mkdir()
    for number in range(2):
        change_record(path, list[int], lambda old, number=number: [*(old or []), number])

    assert read_record(path, list[int]) == [0, 1]
