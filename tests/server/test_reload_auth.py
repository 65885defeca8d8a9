"""Users with passwords: who is let in, and what a server does when their file changes."""

from __future__ import annotations

import signal
import sys
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor

import pytest
from forks.processes import run as run_program

from torc_server.access import credentials

CHEAP = 4


def basic(user, password):
    return {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


def write(path, **passwords) -> None:
    credentials.write_lines(
        path, [f"{user}:{credentials.hash_password(one, CHEAP)}" for user, one in passwords.items()]
    )


@pytest.fixture
def auth_file(tmp_path):
    path = tmp_path / "htpasswd"
    write(path, alice="secret", bob="pass:word")
    return path


@pytest.fixture
def start(make_server, http_of, auth_file):
    """Start a server that knows the users, and return requests to it."""
    return lambda *arguments: http_of(make_server("--auth-file", str(auth_file), *arguments))


def statuses(call, *headers) -> list[int]:
    return [call("GET", "/ping", headers=each).status for each in headers]


def test_a_wrong_password_is_refused_and_none_is_anonymous(start):
    call = start()
    right = basic("alice", "secret"), basic("bob", "pass:word"), {}
    wrong = (
        basic("alice", "Secret"),
        basic("mallory", "secret"),
        basic("", ""),
        {"Authorization": "Basic !"},
        {"Authorization": "Bearer secret"},
    )

    assert statuses(call, *right, *right) == [200] * 6
    assert statuses(call, *wrong, wrong[0]) == [401] * 6
    refused = call("GET", "/workflows", headers=wrong[0])
    assert refused.headers["www-authenticate"] == 'Basic realm="Torc"'
    assert refused.problem["code"] == "forbidden"


def test_nobody_is_anonymous_where_authentication_is_required(start):
    call = start("--require-auth")

    assert statuses(call, {}, basic("alice", "secret"), basic("alice", "x")) == [401, 200, 401]
    assert call("POST", "/admin/reload-auth").status == 401


def test_a_changed_file_counts_once_it_is_read_again(start, auth_file):
    call = start("--require-auth")
    alice, carol = basic("alice", "secret"), basic("carol", "new")
    assert statuses(call, alice, carol) == [200, 401]
    write(auth_file, alice="other", carol="new", dave="x")
    assert statuses(call, alice, carol) == [200, 401]

    reply = call("POST", "/admin/reload-auth", headers=alice)

    assert (reply.status, reply.body["user_count"]) == (200, 3)
    assert "3 users" in reply.body["message"]
    assert statuses(call, alice, carol, basic("alice", "other")) == [401, 200, 200]


@pytest.mark.parametrize("content", ["", "# nobody\n", "alice:{SHA}VBPuJHI7uixaa6LQGWx4s+5GKNE=\n"])
def test_a_file_without_usable_users_leaves_the_old_ones(start, auth_file, content):
    call = start("--require-auth")
    alice = basic("alice", "secret")
    auth_file.write_text(content)

    refused = call("POST", "/admin/reload-auth", headers=alice)

    assert refused.status == 422
    assert "torc-htpasswd add" in refused.problem["hint"]
    assert statuses(call, alice) == [200]


def test_a_file_that_is_gone_leaves_the_old_users(start, auth_file):
    call = start("--require-auth")
    alice = basic("alice", "secret")
    auth_file.unlink()

    refused = call("POST", "/admin/reload-auth", headers=alice)

    assert refused.problem["code"] == "environment"
    assert str(auth_file) in refused.problem["message"]
    assert statuses(call, alice) == [200]


def test_a_server_without_a_file_says_how_to_get_one(call):
    refused = call("POST", "/admin/reload-auth")

    assert refused.status == 409
    assert "--auth-file" in refused.problem["hint"]


def test_the_file_can_be_named_by_the_environment_but_a_token_is_stronger(
    make_server, http_of, auth_file, tmp_path, monkeypatch
):
    monkeypatch.setenv("TORC_AUTH_FILE", str(auth_file))
    token = tmp_path / "token"
    token.write_text("abc")

    by_password = http_of(make_server())
    by_token = http_of(make_server("--token-file", str(token)))

    headers = basic("alice", "secret"), basic("alice", "x"), {"Authorization": "Bearer abc"}
    assert statuses(by_password, *headers) == [200, 401, 401]
    assert statuses(by_token, *headers) == [401, 401, 200]


def test_a_right_password_of_many_at_once_is_checked_once(make_server, http_of, auth_file):
    slow = credentials.hash_password("secret", credentials.DEFAULT_COST)
    credentials.write_lines(auth_file, [f"alice:{slow}"])
    server = make_server("--auth-file", str(auth_file), "--log-level", "debug")
    call = http_of(server)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda each: statuses(call, each), [basic("alice", "secret")] * 40))
    server.kill(signal.SIGTERM)

    assert answers == [[200]] * 40
    assert server.log.read_text().count("'alice' authenticated") == 1


def test_a_right_password_is_checked_each_time_on_demand(make_server, http_of, auth_file):
    never = ("--credential-cache-ttl-secs", "0")
    server = make_server("--auth-file", str(auth_file), "--log-level", "debug", *never)

    assert statuses(http_of(server), *[basic("alice", "secret")] * 3) == [200] * 3
    server.kill(signal.SIGTERM)

    assert server.log.read_text().count("'alice' authenticated") == 3


def test_passwords_do_not_appear_in_the_log(make_server, http_of, auth_file):
    server = make_server("--auth-file", str(auth_file), "--log-level", "debug")
    call = http_of(server)

    statuses(call, basic("alice", "secret"), basic("eve\n2026 fake", "hunter2"))
    server.kill(signal.SIGTERM)

    log = server.log.read_text()
    assert "'alice' authenticated" in log
    assert r"'eve\n2026 fake' was refused" in log
    assert "secret" not in log
    assert "hunter2" not in log


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["--require-auth"], 2, "--auth-file"),
        (["--auth-file", "{file}", "--token-file", "{token}"], 2, "or --auth-file"),
        (["--auth-file", "{file}", "--host", "0.0.0.0"], 2, "--require-auth"),
        (["--auth-file", "{empty}"], 2, "no user"),
        (["--auth-file", "{none}"], 9, "cannot be read"),
    ],
)
def test_what_makes_no_sense_does_not_start(tmp_path, auth_file, arguments, code, word):
    paths = {name: tmp_path / name for name in ("token", "empty", "none")}
    paths["token"].write_text("abc")
    paths["empty"].write_text("")
    named = [argument.format(file=auth_file, **paths) for argument in arguments]

    finished = run_program(
        [
            *(sys.executable, "-m", "torc_server", "run", "--port", "0"),
            *("--database", str(tmp_path / "torc.db"), *named),
        ],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert (finished.returncode, finished.stdout) == (code, "")
    assert word in finished.stderr
    assert "Traceback" not in finished.stderr
