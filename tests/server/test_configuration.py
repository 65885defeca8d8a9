"""`torc-server` reads `[server]` and its variables; options are stronger."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from forks.processes import run as run_program

from torc_core.config.keys import settings_of
from torc_core.config.schema import ServerTable
from torc_core.config.sources import Loaded
from torc_server.cli import run as command
from torc_server.cli import server_settings
from torc_server.logs import LEVELS
from torc_server.options import load
from torc_server.settings import ServerSettings

SETTINGS = list(settings_of(ServerTable, ("server",)))


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def started_with(*arguments) -> ServerSettings:
    """Return the settings of a server that is started with these options."""
    parameters = command.make_context("run", list(arguments)).params
    return server_settings(load(parameters, only_options=parameters["no_config"]))


def test_each_layer_overrides_the_weaker_ones(monkeypatch, tmp_path):
    user = tmp_path / "config" / "torc" / "config.toml"
    user.parent.mkdir(parents=True)
    user.write_text("[server]\nport = 1001\nthreads = 5\ndatabase = '~/x.db'\n")
    monkeypatch.setenv("HOME", "/home/ada")
    assert started_with().port == 1001

    Path("torc.toml").write_text("[server]\nport = 1002\n")
    assert started_with().port == 1002

    monkeypatch.setenv("TORC_SERVER__PORT", "1003")
    assert started_with().port == 1003

    settings = started_with("--port", "1004")
    assert (settings.port, settings.readers) == (1004, 5)
    assert settings.database == Path("/home/ada/x.db")

    assert started_with("--no-config").port == 8080


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.path[-1])
def test_every_setting_has_an_option(setting):
    (option,) = [each for each in command.params if each.name == "_".join(setting.path)]
    value = [] if option.is_flag else ["65"]
    parameters = command.make_context("run", [option.opts[0], *value]).params
    loaded = load(parameters, only_options=True)
    said = [loaded.origin(*setting.path).name, *(each.place for each in loaded.problems)]
    assert option.opts[0] in said


@pytest.mark.parametrize(
    ("name", "value", "attribute", "expected"),
    [
        ("TORC_AUTH_FILE", "/a/users", "auth_file", Path("/a/users")),
        ("TORC_CREDENTIAL_CACHE_TTL_SECS", "0", "remember_credentials_s", 0.0),
        ("TORC_ADMIN_USERS", "alice,bob", "admin_users", ("alice", "bob")),
        ("TORC_ALLOWED_HOSTS", "a.org b.org", "allowed_hosts", ("a.org", "b.org")),
        ("DATABASE_URL", "sqlite:/a/torc.db", "database", Path("/a/torc.db")),
        ("TORC_SERVER__URL", "localhost", "host", "localhost"),
    ],
)
def test_variables_are_in_force(monkeypatch, name, value, attribute, expected):
    monkeypatch.setenv(name, value)
    assert getattr(started_with(), attribute) == expected


@pytest.mark.parametrize(
    ("arguments", "attribute", "expected"),
    [
        (["--admin-user", "a", "--admin-user", "b"], "admin_users", ("a", "b")),
        (["--allowed-host", "a.org"], "allowed_hosts", ("a.org",)),
        (["--no-require-auth"], "require_auth", False),
        (["--url", "localhost"], "host", "localhost"),
        (["-d", "sqlite:other.db"], "database", Path("other.db")),
    ],
)
def test_options_replace_what_a_file_says(arguments, attribute, expected):
    Path("torc.toml").write_text(
        "[server]\nadmin_users = ['x']\nallowed_hosts = ['x']\nauth_file = 'users'\n"
        "require_auth = true\ndatabase = 'x.db'\n"
    )
    assert getattr(started_with(*arguments), attribute) == expected


def test_the_database_of_a_file_is_stronger_than_the_variable_of_other_programs(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://host/other")
    Path("torc.toml").write_text("[server]\ndatabase = 'torc.db'\n")
    assert started_with().database == Path("torc.db")


def test_of_a_token_and_passwords_the_one_nearer_to_the_user_counts():
    Path("token").write_text("abc")
    Path("torc.toml").write_text("[server]\ntoken_file = 'token'\n")
    settings = started_with("--auth-file", "users")
    assert (settings.token, settings.auth_file) == (None, Path("users"))

    Path("torc.toml").write_text("[server]\ntoken_file = 'token'\nauth_file = 'users'\n")
    both = server_settings(Loaded("server", environ={}))
    assert (both.token, both.auth_file) == ("abc", Path("users"))


def run(*arguments):
    return run_program(
        [sys.executable, "-m", "torc_server", "run", "--port", "0", *arguments],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[server]\nprot = 1\n", "hint: Did you mean server.port?"),
        ("[server]\ninsecure = true\n", "there is no setting server.insecure"),
        ("[server]\nthreads = 65\n", "torc.toml:2: server.threads is 65; it must be"),
        ("[server]\nhttps = true\n", "leaves HTTPS to a reverse proxy"),
        ("[server]\nenforce_access_control = true\n", "torc.toml:2:"),
        ("[server]\nurl = '0.0.0.0'\n", "--insecure"),
        ("[server\n", "torc.toml: it is not TOML"),
    ],
)
def test_a_wrong_file_is_refused_before_anything_is_made(tmp_path, text, words):
    Path("torc.toml").write_text(text)
    finished = run("--database", "torc.db")
    assert finished.returncode == 2
    assert words in finished.stderr
    assert "Traceback" not in finished.stderr
    assert not Path("torc.db").exists()


def test_the_settings_of_clients_do_not_concern_a_server():
    Path("torc.toml").write_text("[client]\nformt = 'x'\n")
    assert started_with().port == 8080


def test_it_logs_as_the_file_says_and_what_has_no_effect(make_server, tmp_path):
    Path("torc.toml").write_text(
        "[server]\nadmin_users = ['ada']\nlog_level = 'warn'\n"
        f"[server.logging]\nlog_dir = '{tmp_path / 'logs'}'\njson_logs = true\n"
    )
    make_server()
    log = (tmp_path / "logs" / "torc-server.log").read_text()
    assert log.startswith("{")
    assert "torc.toml:2: server.admin_users changes nothing" in log
    assert '"INFO"' not in log


def test_every_level_of_a_setting_is_known():
    (levels,) = (each.field.key.rule for each in SETTINGS if each.path[-1] == "log_level")
    assert set(levels.words) == set(LEVELS)
