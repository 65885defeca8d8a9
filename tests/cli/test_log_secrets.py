"""Jobs get the address of the server with its token; no log and no output of torc shows it."""

from __future__ import annotations

import pytest

COMMANDS = {
    "another port": "TORC_API_URL=${TORC_API_URL/127.0.0.1:*\\//127.0.0.1:1/} torc ping",
    "no such host": "TORC_API_URL=${TORC_API_URL/127.0.0.1/nowhere.invalid} torc ping",
    "no such path": "TORC_API_URL=${TORC_API_URL/torc-service/nothing} torc jobs get 1",
    "another scheme": "TORC_API_URL=${TORC_API_URL/http/gopher} torc ping",
    "the server": "torc ping && torc -f json runs list && torc server status",
}


@pytest.fixture
def embedded(torc_alone):
    yield torc_alone
    torc_alone("server", "stop")


def test_no_log_shows_the_token_of_the_server(embedded, tmp_path):
    jobs = "".join(
        f'- name: {name}\n  command: |\n    {command}\n    test -n "$TORC_API_URL"\n'
        for name, command in COMMANDS.items()
    )
    (tmp_path / "w.yaml").write_text(f"name: w\njobs:\n{jobs}")

    answer = embedded("--log-level", "debug", "run", "w.yaml", timeout=120)

    state = tmp_path / "state" / "torc"
    token = (state / "server.token").read_text().strip()
    logs = [*(tmp_path / "output").rglob("*"), state / "server.log", *state.rglob("runner.log")]
    texts = {path: path.read_text() for path in logs if path.is_file()}
    assert answer.code == 0, answer.err
    assert len([path for path in texts if path.suffix == ".e"]) == len(COMMANDS)
    assert any("/token/***" in text for text in texts.values())
    assert token not in answer.out + answer.err
    assert [path for path, text in texts.items() if token in text] == []
