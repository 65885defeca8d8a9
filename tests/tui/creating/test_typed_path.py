"""What a path may become as it is typed."""

from __future__ import annotations

import pytest

from torc_tui.state.creating.typed_path import completed, read_contents, split


@pytest.fixture
def folder(tmp_path):
    for name in ("runs", "raw data"):
        (tmp_path / name).mkdir()
    for name in ("diamond.yaml", "diamond.kdl", "notes.txt", "big.JSON5", ".hidden.yaml"):
        (tmp_path / name).touch()
    (tmp_path / "odd\x1b[31m.yaml").touch()
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere.yaml")
    (tmp_path / "link").symlink_to(tmp_path / "runs")
    return f"{tmp_path}/"


def names(typed):
    return [entry.shown for entry in read_contents(typed).matching(typed)]


def test_directories_come_first_then_workflow_files_that_a_terminal_can_show(folder):
    assert names(folder) == [
        "link/", "raw data/", "runs/", "big.JSON5", "diamond.kdl", "diamond.yaml", "gone.yaml"
    ]  # fmt: skip


def test_only_what_begins_as_it_was_typed_is_left(folder):
    assert names(f"{folder}di") == ["diamond.kdl", "diamond.yaml"]
    assert names(f"{folder}.") == [".hidden.yaml"]


def test_a_path_without_a_directory_is_looked_for_here(folder, monkeypatch):
    monkeypatch.chdir(folder)

    assert names("r") == ["raw data/", "runs/"]


@pytest.mark.parametrize("typed", ["~", "~/"])
def test_a_tilde_is_the_home(folder, monkeypatch, typed):
    monkeypatch.setenv("HOME", folder)

    assert "diamond.kdl" in names(typed)


@pytest.mark.parametrize(
    ("typed", "becomes"),
    [
        ("d", "diamond."),
        ("diamond.y", "diamond.yaml"),
        ("ru", "runs/"),
        ("r", "r"),
        ("x", "x"),
    ],
)
def test_completion_goes_as_far_as_there_is_no_choice(folder, typed, becomes):
    path = f"{folder}{typed}"

    assert completed(path, read_contents(path).matching(path)) == f"{folder}{becomes}"


def test_contents_serve_for_every_longer_path_in_the_same_directory(folder):
    contents = read_contents(f"{folder}d")

    assert contents.holds(f"{folder}diam")
    assert not contents.holds(folder)
    assert not contents.holds(f"{folder}runs/d")
    assert not read_contents(folder).holds(f"{folder}.h")


def test_of_a_large_directory_a_part_is_kept_and_typing_more_finds_the_rest(tmp_path):
    for number in range(30):
        (tmp_path / f"w{number:02d}.yaml").touch()
    all_of_it = read_contents(f"{tmp_path}/", most=10)

    assert all_of_it.is_cut
    assert len(all_of_it.entries) == 10
    assert not all_of_it.holds(f"{tmp_path}/w2")
    found = read_contents(f"{tmp_path}/w2", most=10)
    assert [entry.name for entry in found.entries] == [f"w2{digit}.yaml" for digit in range(10)]


def test_the_directory_and_the_beginning_of_a_name():
    assert split("a/b/c.ya") == ("a/b/", "c.ya")
    assert split("c") == ("", "c")
    assert split("/") == ("/", "")
    assert split("~") == ("~/", "")
