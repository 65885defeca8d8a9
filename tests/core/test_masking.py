"""Secrets in texts for people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.errors import UsageError
from torc_core.masking import mask


@pytest.mark.parametrize(
    "text",
    [
        "No server at http://ada:hunter2@host:80/x.",
        "No server at http://ada:hun@hunter2@host/x.",
        "https://hunter2@host",
        "'ada:hunter2@host:80' is not the URL of a server.",
        "http://127.0.0.1:8080/token/hunter2/torc-service/v1/jobs",
        "GET /x?limit=1&access_token=hunter2&y=2",
        "Authorization: Basic hunter2",
        "{'Authorization': 'Bearer hunter2'}",
        "authorization=b'basic hunter2'",
        "TORC_PASSWORD=hunter2 torc run w.yaml",
        "{'TORC_TOKEN': 'hunter2', 'PATH': '/bin'}",
        "AWS_SECRET_ACCESS_KEY=hunter2",
        "PGPASSWORD='my hunter2'",
        "torc --password hunter2 run",
        "torc --password=hunter2 run",
    ],
)
def test_secrets_are_masked_wherever_they_stand(text: str) -> None:
    assert "hunter2" not in mask(text)
    assert "***" in mask(text)
    assert "hunter2" not in str(UsageError(text, hint=text)) + UsageError("", hint=text).hint


@pytest.mark.parametrize(
    "text",
    [
        "Give --username and --password, or set TORC_PASSWORD.",
        "Tokens are printable ASCII; look at TORC_TOKEN.",
        "git@host:path and mail@example.org",
        "http://localhost:8080/torc-service/v1/workflows?offset=1&sort_by=key",
        "w.yaml:3:5: 'a:b' is no command",
        "Basic authentication is needed; Bearer tokens are, too.",
    ],
)
def test_other_texts_stay(text: str) -> None:
    assert mask(text) == text


@given(st.text(alphabet="aP:/@=?&' \n-_TOKEN", max_size=60))
def test_masking_twice_changes_nothing(text: str) -> None:
    assert mask(mask(text)) == mask(text)


@given(st.text(alphabet=st.characters(categories=["L", "N"]), min_size=8, max_size=20))
def test_no_password_of_a_url_is_left(password: str) -> None:
    assert password not in mask(f"'http://u:{password}@h.example/x' does not answer")


@pytest.mark.parametrize(
    "part", ["A", "://", "a:", "://a", "PASSWORD", "a:b@", "=a:", "(a:", "--token ", "/token/"]
)
def test_long_texts_are_masked_in_linear_time(part: str) -> None:
    mask(part * (1_000_000 // len(part)))  # a quadratic search would take hours
