"""Many who guess passwords, and the users beside them."""

from __future__ import annotations

import asyncio
import signal
import socket
import time
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor

import pytest

from torc_server.access import credentials
from torc_server.access.throttle import TooManyAttemptsError
from torc_server.access.users import Users

CHEAP, DEAR = 4, 10


@pytest.fixture
def auth_file(tmp_path):
    return written(tmp_path / "htpasswd", CHEAP)


@pytest.fixture
def dear_auth_file(tmp_path):
    """Passwords whose checks take so long that others wait meanwhile."""
    return written(tmp_path / "htpasswd", DEAR)


def written(path, cost):
    names = ("alice", "bob", "carol")
    path.write_text("".join(f"{n}:{credentials.hash_password(n, cost)}\n" for n in names))
    return path


def ask(server, user, password, source="127.0.0.1"):
    """Return the status line and headers of an answer."""
    given = b64encode(f"{user}:{password}".encode())
    with socket.socket() as client:
        client.settimeout(100)
        client.bind((source, 0))
        client.connect(("127.0.0.1", server.port))
        client.sendall(
            b"GET /torc-service/v1/ping HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
            b"Authorization: Basic " + given + b"\r\n\r\n"
        )
        answer = b""
        while piece := client.recv(65536):
            answer += piece
    return answer


def status(*arguments):
    return int(ask(*arguments)[9:12])


def test_a_user_who_fails_too_often_is_asked_to_wait(make_server, auth_file):
    server = make_server("--auth-file", str(auth_file))

    answers = [ask(server, "alice", f"guess{n}") for n in range(12)]

    assert [answer[9:12] for answer in answers] == [b"401"] * 10 + [b"429"] * 2
    assert b"\r\nretry-after: " in answers[-1].lower()
    assert b'"code":"too_many_requests"' in answers[-1]
    # From elsewhere, and other users from here, are not affected.
    assert status(server, "alice", "alice", "127.0.0.2") == 200
    assert status(server, "bob", "bob") == 200


def test_a_user_who_has_logged_in_is_not_locked_out_by_guesses_at_the_same_address(
    make_server, auth_file
):
    server = make_server("--auth-file", str(auth_file), "--credential-cache-ttl-secs", "0")
    assert status(server, "alice", "alice") == 200

    assert {status(server, "alice", f"guess{n}") for n in range(12)} == {401, 429}

    assert status(server, "alice", "alice") == 200


@pytest.mark.parametrize("user", ["alice", "nobody", "x" * 10_000])
def test_known_and_unknown_users_are_limited_alike(make_server, auth_file, user):
    server = make_server("--auth-file", str(auth_file))

    answers = [status(server, user, f"guess{n}") for n in range(12)]

    assert answers == [401] * 10 + [429] * 2


def test_users_get_in_beside_many_who_guess(make_server, dear_auth_file):
    server = make_server("--auth-file", str(dear_auth_file))
    begin = time.monotonic()

    def guess(number: int) -> set[int]:
        source = f"127.0.1.{number + 1}"
        return {status(server, f"user{number}", f"guess{n}", source) for n in range(15)}

    with ThreadPoolExecutor(20) as crowd:
        guessing = [crowd.submit(guess, number) for number in range(20)]
        first = status(server, "alice", "alice")
        known = [status(server, "alice", "alice") for _ in range(20)]
        second = status(server, "bob", "bob", "127.0.0.2")
        outcomes = set().union(*(one.result() for one in guessing))

    assert (first, second, set(known)) == (200, 200, {200})
    assert outcomes <= {401, 429}
    assert time.monotonic() - begin < 110  # a guard against hanging


def test_passwords_that_wait_for_a_check_do_not_delay_the_end(make_server, dear_auth_file):
    server = make_server("--auth-file", str(dear_auth_file))
    with ThreadPoolExecutor(30) as crowd:

        def guess(number: int) -> bytes:
            try:
                return ask(server, f"user{number}", "guess", f"127.0.1.{number + 1}")
            except OSError:
                return b""

        guessing = [crowd.submit(guess, number) for number in range(30)]
        assert status(server, "alice", "alice") == 200

        assert server.kill(signal.SIGTERM) == 0
        assert {one.result()[9:12] for one in guessing} <= {b"401", b"429", b""}
    assert "Traceback" not in server.log.read_text()


def test_a_password_that_was_not_checked_has_not_failed(auth_file):
    users = Users(auth_file)
    users.load()
    users.close()  # no one has a turn any more

    async def ask_often() -> None:
        for _ in range(20):
            with pytest.raises(TooManyAttemptsError) as caught:
                await users.is_correct("alice", "alice", "home")
            assert caught.value.retry_after_s == 1

    asyncio.run(ask_often())


def test_refusals_are_logged_in_one_line(make_server, auth_file):
    server = make_server("--auth-file", str(auth_file))
    for n in range(30):
        ask(server, "alice", f"guess{n}")
    server.kill(signal.SIGTERM)

    log = server.log.read_text()
    assert log.count("'alice' was refused") == 10
    assert log.count("was not checked") == 1
    assert "guess1" not in log


def test_entries_without_a_bcrypt_hash_are_named_at_the_start(make_server, auth_file):
    with auth_file.open("a") as file:
        file.write("mallory:$apr1$x$y\n")
    server = make_server("--auth-file", str(auth_file))

    assert status(server, "mallory", "x") == 401
    assert "'mallory' cannot log in" in server.log.read_text()
