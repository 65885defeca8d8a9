"""`torc config`: what is in force, files, and what is wrong with them."""

from __future__ import annotations

import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

USER = Path("config") / "torc" / "config.toml"


def test_show_has_each_value_and_where_it_comes_from(torc_alone, tmp_path, monkeypatch):
    (tmp_path / "torc.toml").write_text("[client.run]\nnum_cpus = 3\n")
    monkeypatch.setenv("TORC_API_URL", "http://ada:hunter2@host:1")
    monkeypatch.setenv("TORC_SERVER__PORT", "99")

    answer = torc_alone("config", "show", "--log-level", "debug", "--password", "hunter2")

    assert (answer.code, answer.err) == (0, "")
    assert "hunter2" not in answer.out
    values = tomllib.loads(answer.out)
    assert values["client"]["api_url"] == "http://***@host:1"
    assert values["client"]["password"] == "***"
    origins = dict(
        line.split("  # ") for line in map(collapsed, answer.out.splitlines()) if "  # " in line
    )
    assert origins["num_cpus = 3"] == "torc.toml"
    assert origins["port = 99"] == "TORC_SERVER__PORT"
    assert origins['log_level = "debug"'] == "--log-level"
    assert origins['password = "***"'] == "--password"
    assert origins["port = 8090"] == "default"


def collapsed(line):
    value, _, origin = line.rpartition("  # ")
    return f"{value.rstrip()}  # {origin}" if value else line


@pytest.mark.parametrize(
    "arguments",
    [["config", "show", "-f", "json"], ["-f", "json", "config", "show"]],
)
def test_show_as_json_is_the_merged_configuration(torc_alone, arguments):
    answer = torc_alone(*arguments)
    assert set(answer.json) == {"client", "server", "dash"}
    assert answer.json["client"]["run"]["poll_interval"] == 5.0
    assert answer.json["server"]["logging"] == {"log_dir": None, "json_logs": False}
    assert answer.json["client"]["password"] is None


def test_the_format_of_other_commands_does_not_change_what_show_prints(torc_alone, monkeypatch):
    monkeypatch.setenv("TORC_CLIENT__FORMAT", "json")
    answer = torc_alone("config", "show")
    assert tomllib.loads(answer.out)["client"]["format"] == "json"


def test_all_of_it_works_with_a_broken_configuration(torc_alone, tmp_path):
    (tmp_path / "torc.toml").write_text("[client]\nformt = 'json'\n[server]\nport = 7\n")

    shown, paths = torc_alone("config", "show"), torc_alone("config", "paths")
    made = torc_alone("config", "init", "--user")
    other = torc_alone("workflows", "list")

    assert shown.code == 2
    assert tomllib.loads(shown.out)["server"]["port"] == 7
    assert "torc.toml:2: there is no setting client.formt" in shown.err
    assert (paths.code, paths.err) == (made.code, made.err) == (0, "")
    assert other.code == 2
    assert "hint: Did you mean client.format?" in other.err


def test_paths_names_the_files_in_their_order(torc_alone, tmp_path, monkeypatch):
    empty = torc_alone("config", "paths")
    assert "torc config init --user" in empty.out
    (tmp_path / "torc.toml").write_text("")
    monkeypatch.setenv("TORC_CONFIG", "named.toml")

    answer, listed = torc_alone("config", "paths"), torc_alone("config", "paths", "-f", "json")

    assert "torc config init" not in answer.out
    lines = [line.split() for line in answer.out.splitlines()[1:5]]
    assert [line[:2] for line in lines] == [
        ["system", "/etc/torc/config.toml"],
        ["user", str(tmp_path / USER)],
        ["local", "torc.toml"],
        ["TORC_CONFIG", "named.toml"],
    ]
    assert [line[2:] for line in lines[1:]] == [["(not", "found)"], [], ["(not", "found)"]]
    assert [file["exists"] for file in listed.json["files"]][1:] == [False, True, False]


@pytest.mark.parametrize(("option", "file"), [("--user", USER), ("--local", Path("torc.toml"))])
def test_init_makes_a_file_once(torc_alone, tmp_path, option, file):
    made = torc_alone("config", "init", option)
    (tmp_path / file).write_text("# mine\n")
    refused = torc_alone("config", "init", option)

    assert made.code == 0
    assert str(file) in made.out
    assert refused.code == 5
    assert "--force" in refused.err
    assert (tmp_path / file).read_text() == "# mine\n"

    forced = torc_alone("config", "init", option, "-f")
    assert forced.code == 0
    assert "[client.run]" in (tmp_path / file).read_text()
    assert torc_alone("config", "validate").code == 0


def test_init_keeps_a_link_and_replaces_its_target(torc_alone, tmp_path):
    (tmp_path / "dotfiles").mkdir()
    target = tmp_path / "dotfiles" / "torc.toml"
    target.write_text("old")
    (tmp_path / "torc.toml").symlink_to(target)

    assert torc_alone("config", "init", "--local").code == 5
    assert torc_alone("config", "init", "--local", "--force").code == 0

    assert (tmp_path / "torc.toml").is_symlink()
    assert "[client.run]" in target.read_text()
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("options", [[], ["--user", "--local"]])
def test_init_needs_to_know_which_file(torc_alone, tmp_path, options):
    answer = torc_alone("config", "init", *options)
    assert answer.code == 2
    assert "--system, --user or --local" in answer.err
    assert not (tmp_path / "torc.toml").exists()


def test_init_says_what_keeps_it_from_writing(torc_alone, tmp_path):
    (tmp_path / "config").write_text("a file, no directory")
    answer = torc_alone("config", "init", "--user")
    assert answer.code == 9
    assert str(tmp_path / USER) in answer.err
    assert "Traceback" not in answer.err


def test_validate_names_what_it_read_and_the_main_values(torc_alone, tmp_path, monkeypatch):
    (tmp_path / "torc.toml").write_text(
        "[server]\nport = 9\ncompletion_check_interval_secs = 30.0\n"
    )
    monkeypatch.setenv("TORC_CLIENT__FORMAT", "table")
    monkeypatch.setenv("TORC_CLIENT_API_URL", "http://host:1")

    answer = torc_alone("config", "validate")

    assert answer.code == 0
    assert answer.out.splitlines()[:4] == [
        "Read:",
        "  torc.toml",
        "  TORC_CLIENT__FORMAT",
        "The configuration is valid.",
    ]
    assert "  server.port  9" in answer.out
    assert "note: torc.toml:3: server.completion_check_interval_secs changes nothing" in answer.err
    assert "Did you mean TORC_CLIENT__API_URL?" in answer.err


def test_a_file_that_cannot_be_read_is_not_taken_for_none(torc_alone, tmp_path):
    (tmp_path / "torc.toml").write_text("[client\n")

    answer = torc_alone("config", "validate")

    assert (answer.code, answer.out) == (2, "The configuration has 1 problem.\n")
    assert "torc.toml: it is not TOML" in answer.err
    (tmp_path / "torc.toml").unlink()
    assert torc_alone("config", "validate").out.startswith("Nothing is configured.\n")


def test_validate_reports_every_problem_and_exits_with_2(torc_alone, tmp_path, monkeypatch):
    (tmp_path / "torc.toml").write_text("[client]\nformt = 'json'\n[dash]\nport = 'x'\n")
    monkeypatch.setenv("TORC_SERVER__PORT", "70000")

    answer = torc_alone("config", "validate")
    as_json = torc_alone("config", "validate", "-f", "json")

    assert answer.code == as_json.code == 2
    assert "The configuration has 3 problems." in answer.out
    for words in ("torc.toml:2:", "torc.toml:4:", "TORC_SERVER__PORT:"):
        assert words in answer.err
    assert as_json.json["valid"] is False
    assert [problem.split(" ")[0] for problem in as_json.json["problems"]] == [
        "torc.toml:2:",
        "torc.toml:4:",
        "TORC_SERVER__PORT:",
    ]


@pytest.mark.parametrize("command", ["show", "paths", "init", "validate"])
def test_help_has_an_example(torc_alone, command):
    answer = torc_alone("config", command, "--help")
    assert answer.code == 0
    assert f"torc config {command}" in answer.out.partition("Examples")[2]


def test_a_server_that_a_variable_names_is_used_or_none(torc_alone, tmp_path, monkeypatch):
    monkeypatch.setenv("TORC_CLIENT__API_URL", "http://127.0.0.1:1")
    answer = torc_alone("workflows", "list")
    assert answer.code == 6
    assert not (tmp_path / "state" / "torc" / "torc.db").exists()


def test_the_embedded_server_takes_nothing_from_the_settings_of_servers(
    torc_alone, tmp_path, monkeypatch
):
    user = tmp_path / USER
    user.parent.mkdir(parents=True)
    user.write_text(
        "[server]\nport = 1\nrequire_auth = true\nauth_file = '/nonexistent/users'\n"
        "database = '/nonexistent/torc.db'\n[server.logging]\nlog_dir = '/proc/none'\n"
    )
    monkeypatch.setenv("TORC_AUTH_FILE", "/nonexistent/users")
    monkeypatch.setenv("TORC_SERVER__THREADS", "none")
    try:
        answer = torc_alone("workflows", "list", "-f", "json")
        assert (answer.code, answer.json) == (0, {"workflows": []})
        assert (tmp_path / "state" / "torc" / "torc.db").exists()
    finally:
        torc_alone("server", "stop")


def test_init_leaves_nothing_where_a_disk_is_full(tmp_path):
    command = f"ulimit -f 0; exec {shlex.quote(sys.executable)} -m torc_tui config init --local"
    answer = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert answer.returncode == 9
    assert "torc.toml cannot be written" in answer.stderr
    assert list(tmp_path.iterdir()) == []
