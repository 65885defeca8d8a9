"""What is sent to the terminal on purpose, with hostile texts inside."""

from __future__ import annotations

import base64
import re

import pytest
from hostile.commands import COPY, NOTIFICATION, strangers
from hostile.payloads import PAYLOADS

from torc_core.characters import is_shown
from torc_tui.clipboard import sequence_for as copy_sequence
from torc_tui.notifications import sequence_for as notification
from torc_tui.terminal import clean

AROUND = {
    "nothing": ({}, ""),
    "tmux": ({"TMUX": "/tmp/tmux"}, r"\x1bPtmux;(?P<inner>.*)\x1b\\"),
    "screen": ({"TERM": "screen"}, r"\x1bP(?P<inner>.*)\x1b\\"),
}
payloads = pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)


@payloads
@pytest.mark.parametrize(("environ", "wrapped"), AROUND.values(), ids=AROUND)
@pytest.mark.parametrize("how", ["bell", "osc9", "osc777"])
def test_a_notification_ends_where_it_ends(payload, environ, wrapped, how):
    code = notification(f"{payload} is over", how, environ)
    if wrapped and how != "bell":
        inner = re.fullmatch(wrapped, code)["inner"]
        code = inner.replace("\x1b\\\x1bP", "").replace("\x1b\x1b", "\x1b")

    assert re.fullmatch("|".join(NOTIFICATION.values()), code)
    assert strangers(code.encode(), NOTIFICATION) == set()


@payloads
def test_a_copy_is_all_base64(payload):
    sent = copy_sequence(payload, {})

    assert strangers(sent.sequence.encode(), COPY) == set()
    assert payload.startswith(base64.b64decode(sent.sequence[7:-1]).decode())


@payloads
def test_what_is_shown_of_it_hides_and_commands_nothing(payload):
    shown = clean(payload)

    assert is_shown(shown)
    assert len(shown) == len(payload)
    assert not re.search("[\u0301\u0489\u20dd\u0e47\u200d\u200c]{9}", shown)
