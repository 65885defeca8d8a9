"""What Python and torc set for themselves is not the user's."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SHOW = "from torc_core.host import environment as e; {}; print(sorted(e.user_environment()))"


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ({}, []),
        ({"LC_CTYPE": "C"}, ["LC_CTYPE"]),
        ({"LC_CTYPE": "C.UTF-8"}, ["LC_CTYPE"]),
        ({"LANG": "C", "A": "1"}, ["A", "LANG"]),
    ],
)
def test_a_locale_that_python_has_chosen_is_not_passed_on(
    given: dict[str, str], seen: list[str]
) -> None:
    show = [sys.executable, "-c", SHOW.format("pass")]
    assert subprocess.check_output(show, env=given, text=True) == f"{seen}\n"


def test_what_torc_keeps_to_itself_is_not_passed_on() -> None:
    setting = "import os; os.environ.update(A='1', B='2'); e.keep_to_ourselves(['A'])"
    show = [sys.executable, "-c", SHOW.format(setting)]
    assert subprocess.check_output(show, env={}, text=True) == "['B']\n"
    assert "B" not in os.environ
