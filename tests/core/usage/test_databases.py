"""Databases of samples are read together, and distrusted."""

from __future__ import annotations

import sqlite3

import pytest

from torc_core.errors import NotFoundError, UsageError
from torc_core.usage.databases import jobs_in, read_usage
from torc_core.usage.series import Part

HINT = "OUTPUT_DIR/resource_utilization"


def read(paths, chosen=()):
    jobs_in(paths, chosen)
    return list(read_usage(paths, chosen))


@pytest.fixture
def rewrite(store):
    """A database of one sample, in which a statement has changed something."""

    def rewrite(statement, *values):
        path = store("changed.db", (1, "one", 1.0, 50.0, 100, 1))
        with sqlite3.connect(path) as database:
            database.execute(statement, values)
        database.close()
        return path

    return rewrite


def test_jobs_come_by_their_ids_with_their_samples_in_order(store):
    path = store(
        "a.db", (7, "b", 2.0, 5.0, 20, 2), (3, "a", 9.0, 1.0, 10, 1), (7, "b", 1.0, 4.0, 30, 1)
    )
    three, seven = read([path])

    assert (three.job_id, three.name, three.label) == (3, "a", "3: a")
    assert seven.parts == [Part((1.0, 2.0), [(4.0, 5.0), (30, 20), (1, 2)])]


def test_a_job_of_several_databases_is_one_job_with_several_parts(store):
    later = store("a.db", (1, "one", 100.0, 1.0, 1, 1), (2, "two", 100.0, 1.0, 1, 1))
    first = store("b.db", (1, "one", 50.0, 2.0, 2, 2))
    one, two = read([later, first])

    assert [part.times[0] for part in one.parts] == [50.0, 100.0]
    assert [part.times[0] for part in two.parts] == [100.0]


def test_only_chosen_jobs_are_read(store):
    path = store("a.db", *((job, "x", 1.0, 1.0, 1, 1) for job in (1, 2, 3)))

    assert [usage.job_id for usage in read([path], [3, 1])] == [1, 3]


def test_a_chosen_job_without_samples_is_named(store):
    path = store("a.db", (1, "x", 1.0, 1.0, 1, 1))

    with pytest.raises(NotFoundError, match=r"no samples of job 8, 9 in .*a\.db"):
        read([path], [9, 1, 8])


def test_a_database_without_samples_is_not_plotted(store):
    with pytest.raises(NotFoundError, match=r"no samples of jobs in .*a\.db and 1 more"):
        read([store("a.db"), store("b.db")])


def test_a_job_whose_name_is_missing_has_one_all_the_same(rewrite):
    (usage,) = read([rewrite("DELETE FROM job_metadata")])

    assert usage.name == "job 1"


def test_the_tables_of_the_reference_are_enough(tmp_path):
    with sqlite3.connect(tmp_path / "theirs.db") as database:
        database.executescript("""
            CREATE TABLE job_resource_samples (job_id INTEGER, timestamp REAL, cpu_percent REAL,
                memory_bytes INTEGER, num_processes INTEGER, PRIMARY KEY (job_id, timestamp));
            CREATE TABLE job_metadata (job_id INTEGER PRIMARY KEY, job_name TEXT);
            INSERT INTO job_resource_samples VALUES (1, 5.0, 1.0, 2, 3);
            INSERT INTO job_metadata VALUES (1, 'theirs');
        """)
    database.close()
    (usage,) = read([tmp_path / "theirs.db"])

    assert (usage.name, usage.parts) == ("theirs", [Part((5.0,), [(1.0,), (2,), (3,)])])


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("cpu_percent", "much", "a sample of job 1 with 'much' for a number"),
        ("memory_bytes", b"\xff", "a sample of job 1 with b'\\xff' for a number"),
        ("timestamp", float("inf"), "a sample of job 1 with an infinite number"),
        ("job_id", "one", "samples of a job with the id 'one'"),
    ],
)
def test_values_of_other_types_are_refused(rewrite, column, value, said):
    path = rewrite(f"UPDATE job_resource_samples SET {column} = ?", value)

    with pytest.raises(UsageError) as refused:
        read([path])
    assert refused.value.message == f"{path} has {said}."


def test_a_name_that_is_no_text_is_refused(rewrite):
    path = rewrite("UPDATE job_metadata SET job_name = CAST(X'ff' AS TEXT)")

    with pytest.raises(UsageError, match=r"changed\.db cannot be read"):
        read([path])


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + b"\xff" * 200])
def test_other_files_are_refused_by_name(tmp_path, content):
    path = tmp_path / "other.db"
    path.write_bytes(content)

    with pytest.raises(UsageError, match=r"other\.db cannot be read as a database of samples"):
        read([path])


def test_a_database_that_is_cut_off_is_refused(store):
    path = store("a.db", *((1, "x", float(time), 1.0, 1, 1) for time in range(2_000)))
    path.write_bytes(path.read_bytes()[:-8_192])

    with pytest.raises(UsageError, match=r"a\.db cannot be read"):
        read([path])


def test_a_missing_file_and_a_directory_are_refused_with_a_hint(tmp_path):
    for path in (tmp_path / "none.db", tmp_path):
        with pytest.raises(UsageError, match=r"There is no file") as refused:
            read([path])
        assert HINT in refused.value.hint


def test_reading_changes_nothing(store):
    path = store("a?b#%.db", (1, "x", 1.0, 1.0, 1, 1))
    before = path.read_bytes()
    read([path])

    assert path.read_bytes() == before
    assert [each.name for each in path.parent.glob("a*")] == [path.name]
