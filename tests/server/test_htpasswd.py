"""Users in a file: what the command does, and what the file looks like afterwards."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.errors import NotFoundError, UsageError
from torc_server.access import credentials

CHEAP = 4

users = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=8)
files = st.lists(
    st.one_of(
        st.just(""),
        users.map("# {}".format),
        st.tuples(users, users).map(lambda pair: f"{pair[0]}:{pair[1]}"),
    )
)


@given(files, users, users)
def test_a_new_hash_changes_one_user_and_nothing_else(lines, user, hashed):
    after = credentials.with_user(lines, user, hashed)

    assert credentials.users(after) == credentials.users(lines) | {user: hashed}
    assert [line for line in after if line.startswith("#")] == [
        line for line in lines if line.startswith("#")
    ]


@given(files, users, users)
def test_a_removed_user_is_gone_and_the_others_stay(lines, user, hashed):
    after = credentials.without_user(credentials.with_user(lines, user, hashed), user)

    expected = credentials.users(lines)
    expected.pop(user, None)
    assert credentials.users(after) == expected
    with pytest.raises(NotFoundError):
        credentials.without_user(after, user)


def test_a_hash_belongs_to_its_password_alone():
    hashed = credentials.hash_password("secret", CHEAP)

    assert credentials.matches("secret", hashed)
    assert not credentials.matches("Secret", hashed)
    # from the documentation of Apache's htpasswd
    apache = "$2y$05$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC"
    assert credentials.matches("myPassword", apache)


@pytest.mark.parametrize("hashed", ["", "x", "{SHA}VBPuJHI7uixaa6LQGWx4s+5GKNE=", "$2b$12$short"])
def test_a_hash_of_another_kind_belongs_to_nothing(hashed):
    assert not credentials.matches("secret", hashed)


@pytest.mark.parametrize("password", ["", "x" * 73, "a\0b", "é" * 37])
def test_passwords_that_bcrypt_would_cut_are_refused(password):
    with pytest.raises(UsageError):
        credentials.hash_password(password, CHEAP)
    assert not credentials.matches(password, credentials.hash_password("x" * 72, CHEAP))


def htpasswd(*arguments, sent=""):
    return subprocess.run(
        [Path(sys.executable).with_name("torc-htpasswd"), *map(str, arguments)],
        input=sent,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_users_come_and_go(tmp_path):
    path = tmp_path / "htpasswd"
    path.write_text("# kept\n")

    assert htpasswd("add", "-f", path, "-c", CHEAP, "alice", sent="first\n").returncode == 0
    assert htpasswd("add", "-f", path, "-c", CHEAP, "-p", "x", "bob").returncode == 0
    again = htpasswd("add", "-f", path, "-c", CHEAP, "-p", "second", "alice")
    assert again.stdout == "Updated user alice\n"
    assert htpasswd("list", "-f", path).stdout == "alice\nbob\n"
    assert htpasswd("verify", "-f", path, "-p", "second", "alice").returncode == 0
    wrong = htpasswd("verify", "-f", path, "-p", "first", "alice")
    assert (wrong.returncode, "Traceback" in wrong.stderr) == (3, False)
    assert htpasswd("remove", "-f", path, "bob").returncode == 0
    assert htpasswd("remove", "-f", path, "bob").returncode == 4
    assert path.read_text().startswith("# kept\nalice:$2b$04$")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "line",
    ["-c {} ada -p x", "{} ada -p x", "add {} ada --cost 4 -p x", "add --cost 4 -p x {} ada"],
)
def test_the_file_may_stand_before_the_user(line, tmp_path):
    path = tmp_path / "htpasswd"
    assert htpasswd("create", path).returncode == 0

    assert htpasswd(*line.format(path).split()).stdout == "Added user ada\n"
    assert htpasswd("list", path).stdout == "ada\n"
    assert htpasswd("verify", path, "-p", "x", "ada").returncode == 0
    assert htpasswd("remove", path, "ada").returncode == 0


@pytest.mark.parametrize("line", ["add ada", "add -f f x ada", "remove", "list", "lst f", "f ada"])
def test_a_line_without_a_file_or_a_user_is_refused(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    answer = htpasswd(*line.split(), sent="x\n")

    assert (answer.returncode, list(tmp_path.iterdir())) == (2, [])
    assert "--help" in answer.stderr


def test_a_file_that_is_there_is_not_created_again(tmp_path):
    path = tmp_path / "htpasswd"
    path.write_text("ada:x\n")

    assert htpasswd("create", path).returncode == 5
    assert path.read_text() == "ada:x\n"


def test_a_hash_is_printed_as_a_line_for_the_file():
    line = htpasswd("hash", "-c", CHEAP, "-p", "secret", "carl").stdout.strip()

    assert credentials.matches("secret", credentials.users([line])["carl"])


def test_what_cannot_be_done_is_said(tmp_path):
    assert htpasswd("add", "-f", tmp_path / "no" / "file", "-p", "x", "a").returncode == 9
    assert htpasswd("list", "-f", tmp_path).returncode == 9
    assert htpasswd("list", "-f", tmp_path / "missing").returncode == 9
    assert htpasswd("add", "-f", tmp_path / "f", "-p", "x", "a:b").returncode == 2
    assert htpasswd("add", "-f", tmp_path / "f", "-p", "x" * 73, "a").returncode == 2
    assert not (tmp_path / "f").exists()
