"""A wrong workflow file is explained, and creates nothing."""

from __future__ import annotations

import pytest
from bad_input import contents, structures, texts

REFUSED = [*texts.REFUSED, *structures.REFUSED, *contents.REFUSED]
COMMANDS = {
    "create": ("workflows", "create"),
    "run": ("run",),
    "dry run": ("workflows", "create", "--dry-run"),
    "plan": ("workflows", "execution-plan"),
}


def _name(spec) -> str:
    return f"{spec.number} {spec.name} {spec.file}"


@pytest.mark.parametrize("spec", REFUSED, ids=_name)
@pytest.mark.usefixtures("unchanged")
def test_a_wrong_file_is_explained_and_creates_nothing(spec, torc, folder):
    (folder / spec.file).write_bytes(spec.content)

    ended = torc("workflows", "create", spec.file)

    assert (ended.code, ended.out) == (2, ""), ended
    for part in spec.says:
        assert part.lower() in ended.err.lower(), ended.err
    assert "hint: " in ended.err


SHORTEST = {
    spec.number: spec for spec in sorted(REFUSED, key=lambda spec: len(spec.content), reverse=True)
}


@pytest.mark.parametrize("command", ["run", "dry run", "plan"])
@pytest.mark.parametrize("spec", SHORTEST.values(), ids=_name)
@pytest.mark.usefixtures("unchanged")
def test_every_command_that_reads_files_says_the_same(command, spec, torc, folder):
    (folder / spec.file).write_bytes(spec.content)

    ended = torc(*COMMANDS[command], spec.file)

    assert (ended.code, ended.out) == (2, ""), ended
    assert ended.err == torc("workflows", "create", spec.file).err


@pytest.mark.parametrize("spec", contents.WARNED, ids=_name)
@pytest.mark.usefixtures("unchanged")
def test_what_is_probably_not_meant_is_warned_of(spec, torc, folder):
    (folder / spec.file).write_bytes(spec.content)

    ended = torc("workflows", "create", spec.file, "--dry-run")

    assert ended.code == 0
    for part in spec.says:
        assert part in ended.out, ended.out
