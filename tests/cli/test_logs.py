"""`torc logs`: bundles are whole, harmless to unpack, and searched without trust."""

from __future__ import annotations

import gzip
import io
import json
import os
import shlex
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.cli.logged_runs import LoggedRun

MIB = 2**20


@pytest.fixture
def torc(torc_here):
    return torc_here


@pytest.fixture(scope="module")
def logged(server, tmp_path_factory) -> LoggedRun:
    return LoggedRun(server.url, tmp_path_factory.mktemp("logged"))


def bundle_of(members, path: Path) -> Path:
    """Make a bundle with the standard library: `(name, data)` or a member of another type."""
    with tarfile.open(path, "w:gz") as tar:
        for each in members:
            if isinstance(each, tarfile.TarInfo):
                tar.addfile(each)
                continue
            info = tarfile.TarInfo(each[0])
            info.size = len(each[1])
            tar.addfile(info, io.BytesIO(each[1]))
    return path


def special(name: str, type_: bytes, linkname: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = type_, linkname
    return info


def all_files(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()}


# Bundles


def test_a_bundle_unpacks_into_one_folder_whatever_the_workflow_and_its_jobs_are_called(
    torc, logged, tmp_path
):
    answer = torc("-f", "json", "logs", "bundle", logged.id, "-o", logged.output)

    assert answer.code == 0, answer.err
    bundle = tmp_path / f"wf{logged.id}.tar.gz"
    assert answer.json["bundle"] == bundle.name
    assert bundle.stat().st_mode & 0o777 == 0o600
    place = tmp_path / "a" / "b" / "c"
    place.mkdir(parents=True)
    before = all_files(tmp_path)
    subprocess.run(["tar", "-xzf", str(bundle)], cwd=place, check=True)
    top = f"a/b/c/wf{logged.id}/"
    unpacked = all_files(tmp_path) - before
    assert all(name.startswith(top) for name in unpacked)
    originals = {name for name in all_files(logged.output) if not name.endswith(".sh")}
    assert {name.removeprefix(top) for name in unpacked} == {*originals, "bundle_metadata.json"}
    for name in originals:
        assert (tmp_path / top / name).read_bytes() == (logged.output / name).read_bytes()
    metadata = json.loads((tmp_path / top / "bundle_metadata.json").read_text())
    assert metadata.pop("collected_at").endswith("Z")
    assert metadata == {
        "workflow_id": logged.id,
        "workflow_name": "x $(touch gone) ../../etc `id`",
        "workflow_description": "../../../tmp; rm -rf *",
        "workflow_user": "tester",
        "files_collected": len(originals),
        "total_size_bytes": sum((logged.output / name).stat().st_size for name in originals),
    }
    analyzed = torc("-f", "json", "logs", "analyze", tmp_path / top)
    assert analyzed.json["files_parsed"] == len(originals)


def test_a_bundle_has_only_plain_files_of_its_workflow(torc, logged, tmp_path):
    output = tmp_path / "output"
    shutil.copytree(logged.output, output)
    number = logged.id
    for name in (
        f"job_stdio/job_wf{number}0_j1_r1_a1.o",
        f"job_runner_host_wf{number}0_r1.log",
        f"job_runner_host_wf{number}_r1\nx.log",
        "secret",
    ):
        (output / name).write_text("other")
    for name in (
        f"slurm_output_wf{number}_sl7.o",
        f"slurm_env_wf{number}_sl7_n0_pid3.log",
        f"dmesg_slurm_wf{number}_sl7.log",
        f"job_runner_slurm_wf{number}_sl7_n0_pid3.log",
        f"resource_utilization/resource_metrics_host_{number}_1.db",
    ):
        (output / name).parent.mkdir(exist_ok=True)
        (output / name).write_text("own")
    (output / f"slurm_output_wf{number}_sl8.o").symlink_to(output / "secret")
    os.mkfifo(output / f"slurm_output_wf{number}_sl9.o")

    first = torc("logs", "bundle", number, "--bundle-dir", "new/one")
    second = torc("logs", "bundle", number, "--bundle-dir", "two")

    assert first.code == 0, first.err
    assert first.out.startswith("Bundled ")
    assert first.err.count("was left out") == 2
    analyzed = torc("logs", "analyze", "output", "--workflow-id", number)
    assert analyzed.err.count("was left out") == 2
    with tarfile.open(tmp_path / f"new/one/wf{number}.tar.gz") as tar:
        members = tar.getmembers()
        texts = [tar.extractfile(member).read() for member in members]
    names = [member.name for member in members]
    assert names[:-1] == sorted(names[:-1])
    assert all(member.isreg() for member in members)
    assert texts.count(b"own") == 5
    assert b"other" not in texts
    with tarfile.open(tmp_path / f"two/wf{number}.tar.gz") as tar:
        assert tar.getnames() == names
    assert second.code == 0


def test_a_full_disk_leaves_the_older_bundle_and_nothing_else(logged, tmp_path, server):
    shutil.copytree(logged.output, tmp_path / "output")
    noise = tmp_path / f"output/job_stdio/job_wf{logged.id}_j99_r1_a1.o"
    noise.write_bytes(os.urandom(MIB))
    older = tmp_path / f"wf{logged.id}.tar.gz"
    older.write_text("older")
    command = (
        f"ulimit -f 64; exec {shlex.quote(sys.executable)} -m torc_tui logs bundle {logged.id}"
    )

    process = subprocess.run(
        ["bash", "-c", command],
        cwd=tmp_path,
        env={**os.environ, "TORC_API_URL": server.url},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )

    assert process.returncode == 9
    assert "cannot be written" in process.stderr
    assert "--bundle-dir" in process.stderr
    assert older.read_text() == "older"
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("{id}", "-o", "none"), 4, "The output directory none does not exist."),
        (("{id}", "-o", "."), 4, "There are no logs of workflow"),
        (("987654",), 4, "There is no workflow 987654."),
        (("{id}", "-o", "{output}", "--bundle-dir", "w.yaml"), 9, "cannot be written"),
    ],
)
def test_a_bundle_that_is_not_possible_says_why(torc, logged, tmp_path, arguments, code, said):
    (tmp_path / "w.yaml").touch()

    answer = torc(
        "logs", "bundle", *(each.format(id=logged.id, output=logged.output) for each in arguments)
    )

    assert answer.code == code
    assert said in answer.err
    assert not list(tmp_path.glob("*.tar.gz"))


# Searches


def test_an_output_directory_is_searched_for_errors(torc, logged):
    answer = torc("-f", "json", "logs", "analyze", logged.output)

    assert answer.code == 0, answer.err
    analysis = answer.json
    assert analysis["workflow_id"] == logged.id
    assert (analysis["error_count"], analysis["warning_count"]) == (2, 0)
    stdout, stderr = logged.stdio("wrong", ".o"), logged.stdio("wrong", ".e")
    assert [
        (each["file"], each["line_number"], each["pattern_name"], each["severity"])
        for each in analysis["errors"]
    ] == [
        (str(stderr), 1, "Python MemoryError", "critical"),
        (str(stdout), 1, "Bus error", "critical"),
    ]
    assert analysis["errors"][1]["line_content"] == "Bus error\x07"


def test_the_table_commands_no_terminal_and_ends_with_the_counts(torc, logged):
    answer = torc("logs", "analyze", logged.output)

    assert answer.code == 0
    assert "\x07" not in answer.out
    assert "Bus error␇" in answer.out
    assert answer.out.splitlines()[-1].endswith("2 with errors: 2 errors, 0 warnings.")


def test_the_environment_of_slurm_and_databases_are_not_searched(torc, tmp_path):
    for name in (
        "slurm_env_wf3_sl7_n0_pid3.log",
        "resource_utilization/resource_metrics_host_3_1.db",
        "slurm_output_wf3_sl7.e",
    ):
        (tmp_path / "o" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "o" / name).write_text("State: FAILED\nBus error\n")

    analysis = torc("-f", "json", "logs", "analyze", "o").json

    assert (analysis["files_parsed"], analysis["error_count"]) == (1, 2)
    assert [each["file"] for each in analysis["errors"]] == ["o/slurm_output_wf3_sl7.e"] * 2
    assert [each["pattern_name"] for each in analysis["error_types"]] == [
        "Slurm state",
        "Bus error",
    ]


@pytest.mark.parametrize("is_bundle", [False, True])
def test_of_several_workflows_one_is_to_be_named(torc, tmp_path, is_bundle):
    logs = {f"o/job_stdio/job_wf{n}_j1_r1_a1.e": b"Bus error\n" * n for n in (1, 2, 10)}
    for name, data in logs.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    where = bundle_of(logs.items(), tmp_path / "b.tar.gz") if is_bundle else tmp_path / "o"

    unnamed = torc("logs", "analyze", where)
    named = torc("-f", "json", "logs", "analyze", where, "-w", 2)
    unknown = torc("logs", "analyze", where, "-w", 3)

    assert (unnamed.code, unknown.code) == (2, 4)
    assert "several workflows" in unnamed.err
    assert "--workflow-id" in unnamed.err
    assert "no logs of workflow 3" in unknown.err
    assert (named.json["workflow_id"], named.json["error_count"]) == (2, 2)


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (None, 4, "There is no directory or bundle"),
        (b"", 2, "not a readable bundle of logs"),
        (b"not compressed", 2, "Not a gzipped file"),
        (gzip.compress(b"no archive" * 200, mtime=0), 2, "not a readable bundle"),
    ],
)
def test_what_is_no_bundle_is_an_error(torc, tmp_path, content, code, said):
    if content is not None:
        (tmp_path / "b.tar.gz").write_bytes(content)

    answer = torc("logs", "analyze", "b.tar.gz")

    assert answer.code == code
    assert said in answer.err


def test_a_bundle_that_was_cut_is_searched_up_to_there(torc, tmp_path):
    whole = bundle_of(
        [
            ("wf1/job_stdio/job_wf1_j1_r1_a1.e", b"Bus error\n"),
            ("wf1/job_stdio/job_wf1_j2_r1_a1.e", os.urandom(MIB)),
        ],
        tmp_path / "whole.tar.gz",
    )
    (tmp_path / "cut.tar.gz").write_bytes(whole.read_bytes()[: MIB // 2])

    answer = torc("-f", "json", "logs", "analyze", "cut.tar.gz")

    assert answer.code == 0
    assert answer.json["error_count"] == 1
    assert "was searched up to where it is damaged" in answer.err


def test_a_hostile_bundle_writes_nothing_and_reads_nothing_else(torc, tmp_path):
    stem = "job_wf1_j{}_r1_a1.e"
    (tmp_path / "target").write_text("Bus error\n")
    members = [
        (f"../../{stem.format(1)}", b"Bus error\n"),
        (f"/tmp/{stem.format(2)}", b"Bus error\n"),
        (f"wf1/../../{stem.format(3)}", b"Bus error\n"),
        special(f"wf1/{stem.format(4)}", tarfile.SYMTYPE, str(tmp_path / "target")),
        special(f"wf1/{stem.format(5)}", tarfile.LNKTYPE, str(tmp_path / "target")),
        special(f"wf1/{stem.format(6)}", tarfile.CHRTYPE),
        special(f"wf1/{stem.format(7)}", tarfile.FIFOTYPE),
        (f"wf1/\x1b]0;x\x07/{stem.format(8)}", b"MemoryError\n"),
        (f"wf1/{stem.format(8)}", b"MemoryError\n"),
    ]
    bundle_of(members, tmp_path / "b.tar.gz")
    before = all_files(tmp_path)

    answer = torc("logs", "analyze", "b.tar.gz")

    assert answer.code == 0, answer.err
    assert "\x1b" not in answer.out + answer.err
    assert answer.out.splitlines()[-1].endswith("2 with errors: 2 errors, 0 warnings.")
    assert "7 members" in answer.err
    assert all_files(tmp_path) == before


def test_a_bundle_that_grows_without_bounds_is_searched_in_bounded_memory(tmp_path):
    name = "wf1/job_stdio/job_wf1_j{}_r1_a1.e"
    with gzip.open(tmp_path / "b.tar.gz", "wb", compresslevel=1) as archive:

        def add(name: str, size: int, type_: bytes = tarfile.REGTYPE) -> None:
            info = tarfile.TarInfo(name)
            info.size, info.type = size, type_
            archive.write(info.tobuf(tarfile.GNU_FORMAT))
            for _ in range(size // MIB):
                archive.write(bytes(MIB))
            archive.write(b"Bus error\n" * (size % MIB // 10) + bytes(size % MIB % 10))
            archive.write(bytes(-size % 512))

        add("x", 300 * MIB, tarfile.XHDTYPE)  # what the standard library would take into memory
        add("x", 300 * MIB, tarfile.GNUTYPE_LONGLINK)
        add(name.format(0), 300 * MIB)  # one line of it
        for number in range(5_000):
            add(name.format(number), 10)
        add(name.format(0), 2**62 % MIB + MIB)
        info = tarfile.TarInfo(name.format(1))
        info.size = 2**62
        archive.write(info.tobuf(tarfile.GNU_FORMAT))
    # Twice what is needed, and little more than one of the members.
    limit = f"ulimit -v 400000; exec {shlex.quote(sys.executable)} -m torc_tui -f json logs analyze"

    process = subprocess.run(
        ["bash", "-c", f"{limit} b.tar.gz"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )

    assert process.returncode == 0, process.stderr
    analysis = json.loads(process.stdout)
    assert analysis["error_count"] == 5_000
    assert len(analysis["errors"]) < 5_000
    assert analysis["errors_left_out"] == 5_000 - len(analysis["errors"])
    assert "searched up to where it is damaged" in process.stderr


@pytest.mark.parametrize("name", ["bundle", "analyze"])
def test_each_command_has_help_with_an_example(torc, name):
    answer = torc("logs", name, "--help")

    assert answer.code == 0
    assert f"torc logs {name} " in answer.out
    assert "Examples:" in answer.out
