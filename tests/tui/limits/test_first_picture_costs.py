"""What the interface takes until its first picture: 0.4 s on a machine with nothing else to do."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter

import pytest
from tui.limits import noting_driver
from waiting import wait_for

SIZES = [(80, 24), (160, 48)]
OWN = {"torc_core": 140, "torc_tui": 160}
"""How many modules of ours may be imported."""
OF_OTHERS = {
    *("click", "msgspec", "platformdirs", "rich", "rich_click", "textual"),
    "typing_extensions",
}
MOST_OF_OTHERS = 255
TIMES_OF_TEXTUAL = 3.0
"""Measured: 2.1 to 2.4; it was 4.2 when the picture waited for all that keys may need."""
ROUNDS = 7


@pytest.fixture
def first_picture(start, tmp_path):
    """Start the interface where no server answers, and return the notes of its first picture."""

    def note(size):
        notes = tmp_path / "notes.json"
        notes.unlink(missing_ok=True)
        environ = {"TEXTUAL_DRIVER": noting_driver.NAME, noting_driver.NOTES: str(notes)}
        screen = start("http://127.0.0.1:9", *size, COLORFGBG="15;0", **environ)
        screen.wait_for("quit")
        wait_for(notes.exists, "the notes")
        screen.close()
        return json.loads(notes.read_text())

    return note


def cpu_of_textual() -> float:
    """Return the processor's time for importing what draws the picture."""
    program = "import textual.app, time; print(time.process_time())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    return float(done.stdout)


@pytest.mark.parametrize("size", SIZES)
def test_few_modules_are_imported(first_picture, size):
    roots = Counter(name.split(".")[0] for name in first_picture(size)["modules"])
    own = {name: roots.pop(name) for name in OWN}
    ours = ("__main__", "__mp_main__", "tui")  # of the program, and of the tests
    others = {
        name: number
        for name, number in roots.items()
        if not (name in sys.stdlib_module_names or name in ours or name.startswith("_"))
    }

    assert all(own[name] <= most for name, most in OWN.items()), own
    assert others.keys() <= OF_OTHERS
    assert sum(others.values()) <= MOST_OF_OTHERS


@pytest.mark.parametrize("size", SIZES)
def test_it_takes_not_much_more_than_importing_textual(first_picture, size):
    """The least of several: whatever else the machine does only adds to a process's time."""
    pictures, imports = [], []
    for _ in range(ROUNDS):
        imports.append(cpu_of_textual())
        pictures.append(first_picture(size)["cpu_s"])
        if min(pictures) < TIMES_OF_TEXTUAL * min(imports):
            return

    pytest.fail(f"first pictures took {pictures} s, importing Textual {imports} s")
