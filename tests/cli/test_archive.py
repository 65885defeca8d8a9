"""`torc workflows archive`."""

from __future__ import annotations


def test_archived_workflows_are_out_of_sight_until_they_come_back(torc, client, tmp_path):
    (tmp_path / "w.yaml").write_text("name: w\njobs:\n- {name: a, command: x}\n")
    made = torc("-f", "json", "workflows", "create", "w.yaml").json["workflow_id"]

    def listed():
        found = torc("-f", "json", "workflows", "list").json["workflows"]
        return made in [workflow["id"] for workflow in found]

    assert listed()
    archived = torc("-f", "json", "workflows", "archive", "true", made)
    assert archived.json == {"status": "success", "updated_workflows": [made], "is_archived": True}
    assert not listed()
    refused = torc("workflows", "initialize", made)
    assert refused.code == 5
    assert f"torc workflows archive false {made}" in refused.err
    assert torc("workflows", "archive", "false", made).out == "Restored 1 workflow.\n"
    assert listed()
    assert torc("workflows", "archive", "maybe", made).code == 2
    assert torc("workflows", "archive", "true", made, 123456).code == 4
    assert listed()
