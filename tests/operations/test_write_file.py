"""Workflow files are written, and others replaced only with the user's consent."""

from __future__ import annotations

import os

import pytest

from torc_core.errors import UsageError
from torc_core.operations.definition.write_file import propose_write
from torc_core.operations.reporter import carry_out_unasked


def test_a_new_file_is_written_without_a_question(tmp_path):
    proposal = propose_write(tmp_path / "w.yaml", "name: ü\n")

    assert proposal.question is None
    assert "w.yaml" in carry_out_unasked(proposal).sentence
    assert (tmp_path / "w.yaml").read_text("utf-8") == "name: ü\n"


@pytest.mark.parametrize(("present", "asks"), [("mine", True), ("text", False), ("", True)])
def test_what_is_there_is_asked_about_unless_it_is_the_same(tmp_path, present, asks):
    path = tmp_path / "w.yaml"
    path.write_text(present)

    question = propose_write(path, "text").question

    assert (question is not None) == asks
    assert path.read_text() == present
    if question is not None:
        assert question.is_danger
        assert str(path) in question.sentence


def test_what_is_no_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "nowhere" / "w.yaml"):
        with pytest.raises(UsageError):
            propose_write(path, "text")
