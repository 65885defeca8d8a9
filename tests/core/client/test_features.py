"""What a server lacks is said in words, from one table."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from core.client.raw_server import RawServer

from torc_core.client import Feature, TorcClient
from torc_core.client.features import feature_of
from torc_core.errors import NotFoundError, ProtocolError, UnsupportedError

OPERATIONS = json.loads(
    (Path(__file__).parents[2] / "data" / "reference_operations.json").read_text()
)
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
NOT_ALLOWED = b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize("path", sorted({path for _, _, path in OPERATIONS}))
def test_no_path_of_the_reference_needs_a_feature(path):
    assert feature_of(re.sub(r"\{\w+\}", "7", path)) is None


@pytest.mark.parametrize("feature", Feature)
def test_a_feature_says_what_a_server_without_it_does_not_do(feature):
    assert feature.value.shown_by
    assert re.fullmatch(r"[a-z][^.]*", feature.value.sentence)


@pytest.mark.parametrize("answer", [NOT_FOUND, NOT_ALLOWED])
def test_a_call_of_a_feature_names_it_where_the_server_lacks_it(answer):
    with RawServer(lambda _: answer) as server:
        client = TorcClient(server.url)
        with pytest.raises(UnsupportedError, match="does not keep records of recoveries") as raised:
            client.list_recoveries(7)
        client.close()

    assert raised.value.details["feature"] == "recoveries"
    assert "404" not in raised.value.message


@pytest.mark.parametrize(
    ("answer", "kind"), [(NOT_FOUND, NotFoundError), (NOT_ALLOWED, ProtocolError)]
)
def test_another_call_that_a_server_does_not_know_is_named(answer, kind):
    with RawServer(lambda _: answer) as server:
        client = TorcClient(server.url)
        with pytest.raises(kind, match="does not know GET /jobs/7"):
            client.get_job(7)
        client.close()


def test_a_server_is_asked_once_for_what_it_offers(client):
    assert client.offers(Feature.EXCHANGE)
    client.require(Feature.STOPPED_JOBS, ID=7)
    assert client.version() is client.version()
