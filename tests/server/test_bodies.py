"""Bodies are JSON of their type and within the limits; fields that are not read are named."""

from __future__ import annotations

import contextlib
import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.model.exchange import Exchange
from torc_core.model.job import Jobs
from torc_server.edge.bodies import MAX_DEPTH, check_limits
from torc_server.edge.unknown_fields import note_unknown_fields
from torc_server.edge.warnings import warnings_of
from torc_server.errors import UnreadableRequestError


@pytest.mark.parametrize("garbage", [b"{", b"\xff", b"[" * 9999, b'{"a": 1e999}', b"\0"])
def test_a_body_that_nobody_reads_may_be_anything(call, garbage):
    workflow_id = call.make_workflow()

    assert call("POST", f"/workflows/{workflow_id}/initialize_jobs", garbage).status == 200
    assert call("PUT", f"/workflows/{workflow_id}/cancel", garbage).status == 200
    assert call("DELETE", f"/workflows/{workflow_id}", garbage).status == 200


@pytest.mark.parametrize("content_type", ["", "text/plain", "multipart/form-data", "a/b; c=d"])
def test_a_body_is_json_whatever_its_header_says(call, content_type):
    body = {"name": "w", "user": "u"}

    assert call("POST", "/workflows", body, {"Content-Type": content_type}).status == 200


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"jobs": [{"workflow_id": "1", "name": "j", "command": "c"}]}, "jobs[0].workflow_id"),
        ({"jobs": [{"workflow_id": 1, "command": "c"}]}, "jobs[0].name"),
        ({"jobs": 1}, "jobs"),
        ({}, "jobs"),
        ([], None),
    ],
)
def test_a_wrong_body_is_told_where_it_is_wrong(call, body, where):
    reply = call("POST", "/bulk_jobs", body)

    assert reply.status == 400
    assert reply.problem.get("field") == where


@pytest.mark.parametrize("text", ["\0", "a\0b", "\\\0"])
def test_no_text_holds_nul(call, workflow_id, text):
    own = {"workflow_id": workflow_id}

    replies = [
        call("POST", "/jobs", own | {"name": "j", "command": text}),
        call("POST", "/user_data", own | {"name": "d", "data": {"x": [text]}}),
        call("POST", "/user_data", own | {"name": "d", "data": {text: 1}}),
        call("GET", "/workflows", name=text),
        call("DELETE", f"/workflows/{workflow_id}/remote_workers/a%00b"),
    ]

    assert [reply.status for reply in replies] == [400] * 5
    assert all("NUL" in reply.problem["message"] for reply in replies)


def test_a_text_about_nul_is_no_nul(call, workflow_id):
    body = {"workflow_id": workflow_id, "name": "j", "command": r"printf '\u0000' \\u0000"}

    assert call("POST", "/jobs", body).body["command"] == body["command"]


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 2**64, 10**40])
def test_no_whole_number_has_more_than_64_bits(call, workflow_id, number):
    own = {"workflow_id": workflow_id, "name": "d"}

    for body in (own | {"data": [{"n": number}]}, own | {"id": number}):
        reply = call("POST", "/user_data", body)
        assert reply.status == 400, reply.text
        assert "64 bits" in reply.problem["message"]


def test_the_largest_numbers_are_kept(call, workflow_id):
    data = [2**63 - 1, -(2**63), 1e300, "9" * 40]
    body = {"workflow_id": workflow_id, "name": "d", "data": data}

    assert call("POST", "/user_data", body).body["data"] == data


@pytest.mark.parametrize("constant", [b"NaN", b"Infinity", b"-Infinity", b"1e999", rb'"\ud800"'])
def test_what_is_not_json_is_refused_everywhere(call, workflow_id, constant):
    body = b'{"workflow_id": %d, "name": "d", "data": %s}' % (workflow_id, constant)

    assert call("POST", "/user_data", body).status == 400


def test_json_is_nested_up_to_a_limit(call, workflow_id):
    def nested(levels):
        return json.loads("[" * levels + "]" * levels)

    own = {"workflow_id": workflow_id, "name": "d"}

    kept = call("POST", "/user_data", own | {"data": nested(MAX_DEPTH - 1)})
    refused = call("POST", "/user_data", own | {"data": nested(MAX_DEPTH)})

    assert call("GET", f"/user_data/{kept.body['id']}").body["data"] == nested(MAX_DEPTH - 1)
    assert refused.status == 400
    assert "levels" in refused.problem["message"]


def test_brackets_in_a_text_are_no_nesting():
    check_limits(json.dumps({"command": "[" * 5000 + '\\"{', "more": [[]] * 200}).encode())


def test_a_field_that_nobody_reads_is_named(call):
    body = {"name": "w", "user": "u", "nmae": 1, "\x1b[31mé": 2, "\n": 3}

    reply = call("POST", "/workflows", body)

    assert reply.status == 200
    warning = reply.headers["warning"]
    assert warning == r'Ignoring unknown fields in body: ["nmae", "[31m\u00e9", ""]'
    assert "warning" not in call("POST", "/workflows", {"name": "w", "user": "u"}).headers


def test_a_misspelt_field_is_named_where_its_lack_is_the_error(call):
    reply = call("POST", "/workflows", {"nmae": "w", "user": "u"})

    assert reply.status == 400
    assert '"nmae"' in reply.headers["warning"]


def unknown(body, body_type):
    scope = {"state": {}}
    note_unknown_fields(scope, json.dumps(body).encode(), body_type)
    found = [json.loads(text.partition(": ")[2]) for text in warnings_of(scope)]
    return found[0] if found else []


def test_unknown_fields_are_found_at_any_depth_each_once():
    jobs = [{"nmae": 1, "env": {"FREE": "x"}, "schedule_compute_nodes": {"free": 1}}] * 3
    resources = {"gpus": 1}

    assert unknown({"jobs": jobs, "x": 1}, Jobs) == ["x", "jobs[].nmae"]
    assert unknown({"work": {"resources": resources, "node": resources}}, Exchange) == [
        "work.resources.gpus",
        "work.node.gpus",
    ]
    assert unknown({"work": None, "ends": [], "seq": "of another type"}, Exchange) == []


def test_a_warning_has_an_end():
    names = unknown({f"{number}" * 400: 1 for number in range(10, 90)}, Jobs)

    assert len(names) == 20
    assert max(map(len, names)) == 100


@pytest.mark.parametrize("body", [[], 1, None, "x", {"jobs": 1}, {"jobs": [1, None]}])
def test_what_is_of_another_shape_has_no_unknown_fields(body):
    assert unknown(body, Jobs) == []


@pytest.mark.parametrize(
    "piece",
    [b'\\"', b'"', b"\\", b'"\\', b"[", b"[]", b"{", b'{"a":', b'"a",', b"9", b"\\u0000", b"[{\"'"],
)
def test_looking_through_a_body_takes_time_in_proportion_to_it(piece):
    """A megabyte that begins like deep JSON; a quadratic look takes an hour."""
    for end in (b"", b"\\", b'"'):
        with contextlib.suppress(UnreadableRequestError):
            check_limits(b"[" * 101 + b'"' + piece * (1_000_000 // len(piece)) + end)
        with contextlib.suppress(UnreadableRequestError):
            check_limits(piece * (1_000_000 // len(piece)) + end)


@pytest.mark.parametrize("body", [b"[" * 101 + b"]" * 101, b"[[]," * 99 + b"[[[]]]" + b"]" * 99])
@pytest.mark.parametrize("before", [b"", b'"[[[["', b'"\\"]]]]]"', b'"\\\\"'])
def test_only_brackets_outside_of_texts_count_as_depth(body, before):
    with pytest.raises(UnreadableRequestError, match="100 levels"):
        check_limits(before + body)
    check_limits(before + b'"' + body + b'"')


DEEP = b"[" * 101
MEGABYTE = 1_000_000
HOSTILE = {
    "escaped quotes, unterminated": DEEP + b'"' + b'\\"' * 32_000,
    "backslashes, unterminated": DEEP + b'"' + b"\\" * 64_001,
    "quotes": DEEP + b'"' * MEGABYTE,
    "short texts": b'["",' + b'"a",' * (MEGABYTE // 4) + b'""]',
    "brackets in texts": DEEP + b'"[",[],' * (MEGABYTE // 7),
    "lists in a row": b"[" + b"[]," * (MEGABYTE // 3) + b"[]]",
    "lists as deep as allowed": b"[" + (b"[" * 99 + b"]" * 99 + b",") * 5_000 + b"[]]",
    "brackets that never close": b'{"a":[' * (MEGABYTE // 6),
    "digits": b"[" + b"9" * MEGABYTE + b"]",
    "digits of a fraction": b"[0." + b"9" * MEGABYTE + b"]",
    "an exponent": b"[1e" + b"9" * MEGABYTE + b"]",
    "long numbers": b"[" + b"1234567890123456789," * (MEGABYTE // 20) + b"1]",
    "numbers at the greatest depth": b"[" * 99
    + b"1," * 500_000
    + b"1234567890123456789"
    + b"]" * 99,
    "escaped NULs": b'["' + b"\\\\u0000" * (MEGABYTE // 7) + b'"]',
    "a long name": b'{"' + b"k" * MEGABYTE + b'": 1}',
    "a name of control characters": b'{"' + b"\\u0001" * (MEGABYTE // 6) + b'": 1}',
    "many names": b"{%b}" % b",".join(b'"k%d":1' % number for number in range(80_000)),
    "one name many times": b"{%b}" % b",".join([b'"name":1'] * 110_000),
    "invalid UTF-8": b'["' + b"\xff" * MEGABYTE + b'"]',
    "many jobs with an unknown field": b'{"jobs":[%b]}' % b",".join([b'{"x":1}'] * 125_000),
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("path", ["/workflows", "/bulk_jobs", "/user_data"])
def test_no_body_holds_up_the_server(call, path, body):
    """What takes longer than in proportion to the body runs into the client's limit of time."""
    reply = call("POST", path, body)

    assert 400 <= reply.status < 500
    assert len(reply.text) < 10_000
    assert call("GET", "/ping").status == 200


def test_an_encoding_of_the_content_is_not_unpacked(call):
    body = gzip.compress(json.dumps({"name": "w", "user": "u"}).encode())

    assert call("POST", "/workflows", body, {"Content-Encoding": "gzip"}).status == 400


@given(
    st.recursive(
        st.integers(-(2**65), 2**65)
        | st.text('[]{}"\\u0a', max_size=6)
        | st.floats(allow_nan=False, allow_infinity=False),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.text('"\\[', max_size=2), inner, max_size=3)
        ),
        max_leaves=12,
    ),
    st.integers(95, 104),
)
def test_limits_are_those_of_the_values_that_a_body_stands_for(value, levels):
    def depth(item):
        inner = (
            item.values() if isinstance(item, dict) else item if isinstance(item, list) else None
        )
        return 0 if inner is None else 1 + max(map(depth, inner), default=0)

    def fits(item):
        if isinstance(item, dict | list):
            return all(map(fits, item.values() if isinstance(item, dict) else item))
        return not isinstance(item, int) or -(2**63) <= item < 2**63

    body = "[" * levels + json.dumps(value) + "]" * levels
    is_allowed = depth(value) + levels <= MAX_DEPTH and fits(value)
    with contextlib.nullcontext() if is_allowed else pytest.raises(UnreadableRequestError):
        check_limits(body.encode())
