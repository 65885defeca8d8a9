"""`torc-server backup`, `check` and `vacuum`, on databases that are in use, damaged, or large."""

from __future__ import annotations

import resource
import signal
import sqlite3
import sys
import threading
from contextlib import closing

import pytest
from forks.processes import run as run_program
from waiting import wait_for

PAGE = 4096


def upkeep(*arguments, **options):
    return run_program(
        [sys.executable, "-m", "torc_server", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


def assert_refused(done, code, *words):
    assert (done.returncode, done.stdout) == (code, "")
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


@pytest.fixture
def kept(make_server, http_of):
    """A stopped server's database with a workflow of three jobs, of which one needs two."""
    server = make_server()
    call = http_of(server)
    workflow = call.make_workflow(name="kept")
    ids = []
    for name, needed in (("a", []), ("b", []), ("c", ["a", "b"])):
        job = {"workflow_id": workflow, "name": name, "command": "true"}
        needs = [
            each for each, (known, _) in zip(ids, (("a", 0), ("b", 0)), strict=False) if needed
        ]
        ids.append(call("POST", "/jobs", job | {"depends_on_job_ids": needs}).body["id"])
    assert call("POST", f"/workflows/{workflow}/initialize_jobs").status == 200
    server.kill(signal.SIGTERM)
    return server


def damage(database, table="job"):
    """Overwrite the page on which a table begins."""
    with closing(sqlite3.connect(database)) as direct:
        place = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        ((page,),) = direct.execute(place, (table,))
    with database.open("r+b") as file:
        file.seek((page - 1) * PAGE)
        file.write(b"\xa5" * PAGE)


def test_backups_of_a_busy_server_are_whole_and_miss_nothing_that_was_answered_before(
    make_server, http_of, tmp_path
):
    server = make_server()
    call = http_of(server)
    is_over = threading.Event()
    answered = []

    def write():
        while not is_over.is_set():
            answered.append(call.make_workflow(name=f"w{len(answered)}"))

    writing = threading.Thread(target=write)
    writing.start()
    copies = []
    try:
        for number in range(4):
            file, before = tmp_path / f"{number}.db", len(answered)
            done = upkeep("backup", "-d", server.database, file)
            assert done.returncode == 0, done.stderr
            assert done.stdout.startswith("Backed up ")
            copies.append((file, before))
    finally:
        is_over.set()
        writing.join()

    for file, before in copies:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as copy:
            ids = [each for (each,) in copy.execute("SELECT id FROM workflow ORDER BY id")]
            assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert ids == answered[: len(ids)]
        assert len(ids) >= before
        assert file.stat().st_mode & 0o777 == 0o600
    restored = make_server(database=copies[-1][0])
    assert http_of(restored)("GET", "/workflows", limit=1).body["total_count"] == len(ids)


def test_an_existing_file_is_replaced_only_if_that_is_wanted(kept, tmp_path):
    file = tmp_path / "backup.db"
    file.write_text("other")

    refused = upkeep("backup", "-d", kept.database, file)
    assert_refused(refused, 5, "exists already", "--force")
    assert file.read_text() == "other"
    assert upkeep("backup", "--force", "-d", kept.database, file).returncode == 0
    assert upkeep("check", "-d", file).returncode == 0


def test_a_backup_that_cannot_be_made_is_refused(kept, tmp_path):
    def back_up(file):
        return upkeep("backup", "--force", "-d", kept.database, file)

    assert_refused(back_up(kept.database), 2, "is the database itself")
    assert_refused(back_up(tmp_path / "missing" / "b.db"), 9, "No such file")
    assert_refused(back_up(tmp_path), 9, "Is a directory")


def test_a_full_disk_leaves_neither_a_backup_nor_a_part_of_one(kept, tmp_path):
    def small_files():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    place = tmp_path / "backups"
    place.mkdir()
    done = upkeep("backup", "-d", kept.database, place / "b.db", preexec_fn=small_files)

    assert_refused(done, 9, "was not backed up", "space on its disk")
    assert list(place.iterdir()) == []


def test_a_missing_database_is_not_made():
    for command in ("backup x.db", "check", "vacuum"):
        words = command.split()
        assert_refused(upkeep(words[0], "-d", "none.db", *words[1:]), 4, "no database")


def test_a_database_in_order_is_said_to_be(kept):
    done = upkeep("check", "-d", kept.database)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("is in order: 1 workflow, 3 jobs.\n")


def test_a_damaged_page_is_found_and_not_backed_up(kept, tmp_path):
    damage(kept.database)

    found = upkeep("check", "-d", kept.database)
    refused = upkeep("backup", "-d", kept.database, tmp_path / "backup.db")

    assert found.returncode == refused.returncode == 9
    assert "damaged" in found.stderr
    assert "restore a backup" in found.stderr
    assert "damaged" in refused.stderr
    assert not (tmp_path / "backup.db").exists()


def test_damage_is_found_after_a_crash_while_the_server_serves(kept, http_of):
    damage(kept.database, "failure_handler")
    kept.start()
    kept.kill(signal.SIGKILL)
    kept.start()
    call = http_of(kept)

    def health():
        return call("GET", "/health").body

    wait_for(lambda: health().get("database") == "damaged", "the damage to be found")
    assert "torc-server check" in health()["hint"]
    kept.kill(signal.SIGTERM)
    assert "the database is damaged: " in kept.log.read_text()


def test_a_server_that_cannot_begin_says_that_its_database_is_damaged(kept):
    damage(kept.database, "task")

    done = upkeep("run", "--port", "0", "-d", kept.database)

    assert_refused(done, 9, "is damaged", "restore a backup")


def test_references_to_nothing_are_damage(kept):
    with closing(sqlite3.connect(kept.database)) as direct, direct:
        direct.execute("UPDATE job SET workflow_id = 77 WHERE name = 'a'")

    done = upkeep("check", "-d", kept.database)

    assert done.returncode == 9
    assert "Table job has 1 reference to rows of workflow that do not exist." in done.stdout


def test_wrong_counters_are_found_and_corrected_with_an_event(kept, http_of):
    with closing(sqlite3.connect(kept.database)) as direct, direct:
        direct.execute("UPDATE dependency_set SET remaining = 7, unsuccessful = 1")
        direct.execute("UPDATE job SET status = 5 WHERE name IN ('a', 'b')")

    found = upkeep("check", "-d", kept.database)
    assert found.returncode == 9
    assert found.stdout == "Workflow 1 has 1 wrong counter of dependencies.\n"
    assert "check --repair" in found.stderr

    kept.start()
    refused = upkeep("check", "--repair", "-d", kept.database)
    assert refused.returncode == 5
    kept.kill(signal.SIGTERM)

    assert upkeep("check", "--repair", "-d", kept.database).returncode == 0
    assert upkeep("check", "-d", kept.database).returncode == 0
    kept.start()
    call = http_of(kept)
    [job] = call("GET", "/jobs", workflow_id=1, name="c").body["items"]
    assert job["status"] == "ready"
    events = call("GET", "/events", workflow_id=1).body["items"]
    assert [each["data"]["counters"] for each in events if "counters" in each["data"]] == [1]


def test_the_space_of_what_was_deleted_is_given_back(kept, http_of):
    kept.start()
    call = http_of(kept)
    for _ in range(5):
        data = {"pad": "x" * 400_000}
        call("POST", "/events", {"workflow_id": 1, "timestamp": 1, "data": data})
    call("DELETE", "/workflows/1")

    assert upkeep("vacuum", "-d", kept.database).returncode == 5
    kept.kill(signal.SIGTERM)
    large = kept.database.stat().st_size
    done = upkeep("vacuum", "-d", kept.database)

    assert done.returncode == 0, done.stderr
    assert kept.database.stat().st_size < large - 1_500_000
    assert upkeep("check", "-d", kept.database).returncode == 0
