"""Files that are replaced as a whole."""

from __future__ import annotations

import stat

import pytest

from torc_core.host.files.replacement import replacing


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file"


def replace(path, **more):
    with replacing(path, **more) as file:
        file.write(b"new")


def test_nothing_but_the_new_file_is_left(path):
    path.write_text("old")
    replace(path)

    assert path.read_text() == "new"
    assert list(path.parent.iterdir()) == [path]


def test_an_exception_leaves_the_old_file_alone(path):
    path.write_text("old")

    def interrupt(file):
        file.write(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), replacing(path) as file:
        interrupt(file)

    assert path.read_text() == "old"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("present", "wanted", "then"),
    [(0o600, 0o666, 0o600), (0o644, 0o600, 0o600), (0o644, 0o666, 0o644)],
)
def test_a_file_never_becomes_readable_to_more_users(path, present, wanted, then):
    path.touch()
    path.chmod(present)
    replace(path, mode=wanted)

    assert mode_of(path) == then


def test_a_link_stays_and_its_target_is_replaced(path, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(path)
    replace(link)

    assert link.is_symlink()
    assert path.read_text() == "new"


def test_an_error_of_the_block_is_not_taken_for_a_missing_file(path):
    with pytest.raises(FileNotFoundError, match="elsewhere"), replacing(path):
        raise FileNotFoundError("elsewhere")

    assert not path.exists()
