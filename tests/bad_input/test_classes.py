"""Each of the forty classes of bad input has its cases, and new commands are among them."""

from __future__ import annotations

from bad_input import contents, lines, requests, structures, test_documents, texts
from bad_input.commands import EVERY, LEAVES

CONNECTIONS = 40
"""The class of `test_connections.py`."""


def test_every_class_has_its_cases():
    cases = [
        *texts.REFUSED,
        *structures.REFUSED,
        *contents.REFUSED,
        *contents.WARNED,
        *lines.FILES,
        *lines.VALUES,
        *requests.CASES,
    ]
    others = {*test_documents.DOCUMENTS, *test_documents.CONFIGURATIONS}
    numbers = {case.number for case in cases} | {int(name.split()[0]) for name in others}

    assert numbers | {CONNECTIONS} == set(range(1, 41))


def test_every_command_is_tried():
    assert {words[: len(leaf)] for leaf in LEAVES for words in EVERY} >= LEAVES.keys()
