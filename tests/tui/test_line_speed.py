"""A slow line is spared: when it is measured to be slow, or when the user says so."""

from __future__ import annotations

import pytest
from tui.driving import interface

from torc_core.config.tui import LOW_BANDWIDTH
from torc_tui.driver.line_speed import SPARING, USUAL, LineSpeed, LowBandwidth


def spared_after(*rates):
    """Whether the line is spared after each of these measurements."""
    measured = iter(rates)
    line = LineSpeed(measure=lambda: next(measured))
    seen = []
    for _ in rates:
        line.look()
        seen.append(line.is_spared)
    return seen


def test_the_settings_are_the_modes():
    assert tuple(LowBandwidth) == LOW_BANDWIDTH.words


@pytest.mark.parametrize(
    ("rates", "spared"),
    [
        ([None], [False]),
        ([2_000.0, None], [True, True]),
        ([15_999.0, 31_999.0, 32_000.0], [True, True, False]),
        ([16_000.0, 1e6, 15_000.0], [False, False, True]),
    ],
)
def test_a_line_is_spared_while_it_is_slow(rates, spared):
    assert spared_after(*rates) == spared


@pytest.mark.parametrize("rate", [None, 100.0, 1e6])
def test_the_user_has_the_last_word(rate):
    line = LineSpeed(LowBandwidth.OFF, lambda: rate)
    line.look()
    assert (line.is_spared, line.pace, line.label) == (False, USUAL, "")
    line.mode = LowBandwidth.ON
    assert (line.is_spared, line.pace, line.label) == (True, SPARING, "low bandwidth")


def test_the_key_goes_round():
    line = LineSpeed()
    assert [line.next_mode()[:18] for _ in LowBandwidth] == [
        *("Low bandwidth: on.", "Low bandwidth: off", "Low bandwidth: aut")
    ]
    assert line.mode is LowBandwidth.AUTO


async def test_what_is_left_out_comes_back(server, make_workflow):
    make_workflow("spared", 3)
    async with interface(server.url, size=(160, 48)) as ui:
        await ui.open("spared")
        await ui.wait_for("Latest events")
        await ui.press("M")
        await ui.wait_for("low bandwidth")
        await ui.wait_for("auto 30s")
        await ui.wait_for(lambda: "Latest events" not in ui.seen())
        await ui.press("M")
        await ui.wait_for("Latest events")
        await ui.wait_for("auto 5s")
