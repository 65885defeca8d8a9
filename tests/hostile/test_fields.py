"""Every text that a client can send is either in the records of these tests or refused."""

from __future__ import annotations

import pytest
from hostile.payloads import PAYLOADS
from hostile.records import CHECKED, PATHS, body_of, texts_in

METHODS = ("post", "put", "patch")
NOT_STORED = {
    "/compute_nodes/{compute_node_id}/exchange",
    "/workflows/{workflow_id}/claim_jobs_based_on_resources/{limit}",
}
"""Requests whose texts are times, and the name of an order."""
STORED_AS = {"ResumeRequest": "StartRequest", "RecoveryHold": "Recovery"}
"""Requests whose texts are stored where those of another go."""
TEXT = "EVIL\x1b]52;c;RVZJTA==\x07"


def texts_of(requests):
    bodies = (body_of(path, method) for method, path in requests)
    return {field for body in bodies if body is not None for field in texts_in(body)}


def stored_as(field):
    """Return the field of the record that a request changes."""
    record, _, name = field.partition(".")
    return f"{STORED_AS.get(record, record.removesuffix('Patch'))}.{name}"


def test_each_text_of_each_request_is_in_the_records(filled):
    requests = {(method, path) for path in PATHS for method in METHODS if path not in NOT_STORED}
    sent = texts_of(filled.records.asked)
    missing = {field for field in texts_of(requests) - sent if stored_as(field) not in sent}

    assert len(PAYLOADS) == 50
    assert len(sent) > 70
    assert missing == set()


@pytest.mark.parametrize("field", CHECKED)
def test_a_text_that_is_not_in_the_records_is_refused(filled, field):
    records = filled.records
    path = next(
        path for method, path in sorted(records.asked) if field in texts_of({(method, path)})
    )
    answer = records.answer(path, "post", 0, **{field: TEXT})

    assert answer.is_client_error, answer.text
