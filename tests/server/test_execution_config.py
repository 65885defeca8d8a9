"""A workflow keeps how its jobs are to be executed and refuses what cannot be."""

from __future__ import annotations

import json

import pytest

CONFIG = {"mode": "direct", "stdio": {"mode": "combined", "rotate": 3}, "later": [1]}


def text_of(config):
    return json.dumps(config, separators=(",", ":"))


def config_of(call, path):
    return json.loads(call("GET", path).body["execution_config"])


@pytest.fixture
def path(call):
    return f"/workflows/{call.make_workflow(execution_config=CONFIG)}"


@pytest.mark.parametrize("sent", [CONFIG, text_of(CONFIG)], ids=["object", "text"])
def test_it_is_kept_whole_with_members_that_are_not_known(call, sent):
    workflow_id = call.make_workflow(execution_config=sent)

    assert config_of(call, f"/workflows/{workflow_id}") == CONFIG


def test_it_is_replaced_and_left_alone_by_updates(call, path):
    assert call("PUT", path, {"name": "new"}).status == 200
    assert config_of(call, path) == CONFIG
    assert call("PUT", path, {"execution_config": {"limit_resources": False}}).status == 200
    assert config_of(call, path) == {"limit_resources": False}


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"mode": "sturm"}, "$.mode"),
        ({"stdio": {"mode": "both"}}, "$.stdio.mode"),
        ({"stdio": {"delete_on_success": 1}}, "$.stdio.delete_on_success"),
        ({"termination_signal": "SIGNOPE"}, "termination_signal"),
        ({"timeout_exit_code": 0}, "$.timeout_exit_code"),
        ("[]", "object"),
        ("{", "execution_config"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(call, path, config, said):
    count = call("GET", "/workflows").body["total_count"]

    for method, where in (("POST", "/workflows"), ("PUT", path)):
        refused = call(method, where, {"name": "w", "user": "u", "execution_config": config})
        assert refused.status == 422
        assert said in json.dumps(refused.body)
    assert call("GET", "/workflows").body["total_count"] == count
    assert config_of(call, path) == CONFIG
