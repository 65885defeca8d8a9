"""Themes and palettes: legible, and apart from each other, measured as WCAG and CIELAB do."""

from __future__ import annotations

from itertools import combinations

import pytest
from rich.color import Color, ColorSystem
from rich.segment import Segment
from rich.style import Style

from torc_core.config.tui import AUTO, THEMES, TuiSettings
from torc_tui.appearance.appearance import Appearance
from torc_tui.appearance.choice import choose_appearance
from torc_tui.appearance.depth import Depth, depth_of
from torc_tui.appearance.filters import Colorless, NamedTones
from torc_tui.appearance.for_textual import line_filters
from torc_tui.appearance.named import NAMED
from torc_tui.appearance.palettes import PALETTES, palette_of
from torc_tui.theme import JOB_LOOK, SEVERITY_TONE, WORKFLOW_LOOK

TONES = ("red", "green", "yellow", "blue", "magenta", "cyan", "quiet")
TEXT = 4.5
"""The least contrast of text, WCAG 2.2, 1.4.3; 7 is that of 1.4.6."""
MANY_COLORS = [(theme, depth) for theme in PALETTES for depth in (Depth.TRUE, Depth.CUBE)]
FEW_COLORS = [(theme, depth) for theme in NAMED for depth in (Depth.EIGHT, Depth.SIXTEEN)]


def rgb(text):
    return tuple(int(text[at : at + 2], 16) for at in (1, 3, 5))


def linear(part):
    part /= 255
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def contrast(one, other):
    """The ratio of WCAG, from 1 to 21."""
    light, dark = sorted(
        (sum(w * linear(p) for w, p in zip((0.2126, 0.7152, 0.0722), each, strict=True)))
        for each in (one, other)
    )[::-1]
    return (light + 0.05) / (dark + 0.05)


VISIONS = {
    "all": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216),
               (-0.003882, -0.048116, 1.051998)),
    "no green": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413),
                 (-0.011820, 0.042940, 0.968881)),
    "no blue": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602),
                (0.004733, 0.691367, 0.303900)),
}  # fmt: skip
"""How colors look without one kind of cones: Machado, Oliveira and Fernandes 2009, severity 1."""


def lab(color, vision):
    seen = [
        min(1.0, max(0.0, sum(a * linear(b) for a, b in zip(row, color, strict=True))))
        for row in VISIONS[vision]
    ]
    x, y, z = (
        sum(a * b for a, b in zip(row, seen, strict=True)) / white
        for row, white in (
            ((0.4124, 0.3576, 0.1805), 0.9505),
            ((0.2126, 0.7152, 0.0722), 1.0),
            ((0.0193, 0.1192, 0.9505), 1.089),
        )
    )
    x, y, z = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def distance(one, other, vision="all"):
    """How different two colors look: 2 is just seen, 10 at a glance."""
    pairs = zip(lab(one, vision), lab(other, vision), strict=True)
    return sum((a - b) ** 2 for a, b in pairs) ** 0.5


def test_every_theme_that_can_be_set_is_there():
    assert set(THEMES.words) == {AUTO, *PALETTES} == {AUTO, *NAMED}


@pytest.mark.parametrize(("theme", "depth"), MANY_COLORS)
def test_every_text_is_legible_on_every_background(theme, depth):
    colors = palette_of(theme, depth)
    least = 7 if theme.startswith("high-contrast") and depth is Depth.TRUE else TEXT
    grounds = (colors.background, colors.surface, colors.panel)

    for text in (*(getattr(colors, tone) for tone in TONES), colors.foreground):
        for ground in grounds:
            assert contrast(shown(text, depth), shown(ground, depth)) >= min(
                least, 7 if ground == colors.background else TEXT
            ), (text, ground)
    assert contrast(rgb(colors.cursor_text), rgb(colors.cursor)) >= TEXT
    assert contrast(rgb(colors.accent), rgb(colors.background)) >= 3


def shown(color, depth):
    """What a terminal of that depth shows of a color, as Rich sends it."""
    if depth is Depth.TRUE:
        return rgb(color)
    style = sent("dark", depth, Style(color=color))
    number = style.color.downgrade(ColorSystem.EIGHT_BIT).number
    if number >= 232:
        return (8 + 10 * (number - 232),) * 3
    levels = (0, 95, 135, 175, 215, 255)
    number -= 16
    return levels[number // 36], levels[number // 6 % 6], levels[number % 6]


@pytest.mark.parametrize(("theme", "depth"), MANY_COLORS)
def test_tones_stay_apart(theme, depth):
    colors = palette_of(theme, depth)
    visions = VISIONS if theme.startswith("colorblind") else ("all",)
    shades = [shown(getattr(colors, tone), depth) for tone in (*TONES, "foreground")]

    for vision in visions:
        for one, other in combinations(shades, 2):
            assert distance(one, other, vision) > 14, (vision, one, other)


def test_colors_for_256_are_sent_as_they_are():
    for theme in PALETTES:
        colors = palette_of(theme, Depth.CUBE)
        for color in colors[1:]:
            if theme != "high-contrast-light" or color != colors.yellow:
                assert shown(color, Depth.CUBE) == rgb(color), (theme, color)


XTERM = [(0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205),
         (0, 205, 205), (229, 229, 229), (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0),
         (92, 92, 255), (255, 0, 255), (0, 255, 255), (255, 255, 255)]  # fmt: skip
CONSOLE = [(0, 0, 0), (170, 0, 0), (0, 170, 0), (170, 85, 0), (0, 0, 170), (170, 0, 170),
           (0, 170, 170), (170, 170, 170), (85, 85, 85), (255, 85, 85), (85, 255, 85),
           (255, 255, 85), (85, 85, 255), (255, 85, 255), (85, 255, 255),
           (255, 255, 255)]  # fmt: skip
"""What a terminal shows of its 16 colors, unless its user has chosen others."""


@pytest.mark.parametrize("shades", [XTERM, CONSOLE], ids=["xterm", "console"])
@pytest.mark.parametrize(("theme", "depth"), FEW_COLORS)
def test_named_colors_are_legible_where_they_have_their_usual_shades(theme, depth, shades):
    ground = (0, 0, 0) if PALETTES[theme].is_dark else (255, 255, 255)
    for name in ("red", "green", "yellow", "blue", "magenta", "cyan"):
        style = sent(theme, depth, Style.parse(name))
        number = style.color.number
        if depth is Depth.EIGHT and style.bold:
            number += 8  # as both do
        behind = ground if style.bgcolor is None else shades[style.bgcolor.number]
        text = (255, 255, 255) if number == 15 else shades[number]
        assert contrast(text, behind) >= TEXT, (name, str(style))


def sent(theme, depth, style):
    """The style in which a segment is sent."""
    segments = [Segment("text", style)]
    for each in line_filters(Appearance(theme, depth)):
        segments = each.apply(segments, None)
    return segments[0].style


@pytest.mark.parametrize("looks", [JOB_LOOK, WORKFLOW_LOOK], ids=["jobs", "workflows"])
@pytest.mark.parametrize(("theme", "depth"), FEW_COLORS)
def test_statuses_of_different_tones_are_sent_differently(theme, depth, looks):
    tones = {look.tone for look in looks.values()} | {*SEVERITY_TONE.values()} - {""}
    styles = {str(sent(theme, depth, Style.parse(tone))) for tone in tones}

    assert len(styles) == len(tones)


@pytest.mark.parametrize(("theme", "depth"), FEW_COLORS)
def test_no_color_is_sent_that_the_terminal_lacks(theme, depth):
    for number in range(256):
        for style in (
            Style(color=Color.from_ansi(number)),
            Style(bgcolor=Color.from_ansi(number)),
            Style(color=Color.from_rgb(number, 255 - number, 128)),
            Style(color="black", bgcolor=Color.from_ansi(number)),
        ):
            new = sent(theme, depth, style)
            for color in (new.color, new.bgcolor):
                assert color is None or color.is_default or color.number < depth


def test_bars_are_of_the_hue_itself():
    (bar, text) = NamedTones({2: "black on green"}, has_bright=False).apply(
        [Segment("━━", Style.parse("green")), Segment("done", Style.parse("green"))], None
    )

    assert bar.style == Style(color=Color.from_ansi(2))
    assert text.style == Style(color=Color.from_ansi(0), bgcolor=Color.from_ansi(2))


@pytest.mark.parametrize(
    ("style", "plain"),
    [
        ("bold red", "bold"),
        ("black on white", "reverse"),
        ("bright_black", "dim"),
        ("red on default", "none"),
    ],
)
def test_without_colors_attributes_remain(style, plain):
    (segment,) = Colorless().apply([Segment("x", Style.parse(style))], None)

    assert segment.style == Style.parse(plain)


def test_what_the_mouse_does_there_is_kept_without_colors():
    style = Style(color="red", meta={"@mouse.down": "grab"})
    (segment,) = Colorless().apply([Segment(" ", style)], None)

    assert segment.style.meta == {"@mouse.down": "grab"}


TERMINALS = {
    ("xterm-256color", "truecolor"): Depth.TRUE,
    ("xterm-256color", "24bit"): Depth.TRUE,
    ("xterm", "truecolor"): Depth.TRUE,
    ("xterm-direct", ""): Depth.TRUE,
    ("xterm-kitty", ""): Depth.TRUE,
    ("xterm-ghostty", ""): Depth.TRUE,
    ("alacritty", ""): Depth.TRUE,
    ("xterm-256color", ""): Depth.CUBE,
    ("screen-256color", ""): Depth.CUBE,
    ("tmux-256color", ""): Depth.CUBE,
    ("rxvt-unicode-256color", ""): Depth.CUBE,
    ("xterm-16color", ""): Depth.SIXTEEN,
    ("rxvt-unicode", ""): Depth.SIXTEEN,
    ("xterm", ""): Depth.EIGHT,
    ("screen", ""): Depth.EIGHT,
    ("tmux", ""): Depth.EIGHT,
    ("linux", ""): Depth.EIGHT,
    ("linux", "truecolor"): Depth.EIGHT,
    ("rxvt", ""): Depth.EIGHT,
    ("vt100", ""): Depth.NONE,
    ("vt220", ""): Depth.NONE,
    ("dumb", "truecolor"): Depth.NONE,
    ("xterm-mono", ""): Depth.NONE,
    ("", ""): Depth.NONE,
}


@pytest.mark.parametrize(("terminal", "depth"), TERMINALS.items(), ids=map(" ".join, TERMINALS))
def test_the_environment_says_how_many_colors_there_are(terminal, depth):
    term, colorterm = terminal

    assert depth_of({"TERM": term, "COLORTERM": colorterm}) is depth


def test_no_color_and_gnu_screen_have_the_last_word():
    outside = {"TERM": "screen", "COLORTERM": "truecolor"}

    assert depth_of({**outside, "TMUX": "/tmp/x"}) is Depth.TRUE
    assert depth_of({**outside, "STY": "1.x"}) is Depth.EIGHT
    assert depth_of({**outside, "NO_COLOR": "1"}) is Depth.NONE
    assert depth_of({**outside, "NO_COLOR": ""}) is Depth.TRUE


CHOICES = [
    ({}, {}, None, False, Appearance("dark", Depth.TRUE)),
    ({}, {}, False, False, Appearance("light", Depth.TRUE)),
    ({}, {}, True, True, Appearance("dark", Depth.SIXTEEN)),
    ({}, {}, None, True, Appearance("dark", Depth.SIXTEEN)),
    ({}, {}, False, True, Appearance("light", Depth.TRUE)),
    ({}, {"TERM": "xterm", "COLORTERM": ""}, True, True, Appearance("dark", Depth.EIGHT)),
    ({"theme": "colorblind"}, {}, False, True, Appearance("colorblind", Depth.TRUE)),
    ({"theme": "dark"}, {}, False, False, Appearance("dark", Depth.TRUE)),
    ({"ascii": True}, {}, None, False, Appearance("dark", Depth.TRUE, is_ascii=True)),
    ({}, {"LANG": "de_DE.UTF-8"}, None, False, Appearance("dark", Depth.TRUE)),
    ({}, {"LANG": "C.utf8"}, None, False, Appearance("dark", Depth.TRUE)),
    ({}, {"LANG": "C"}, None, False, Appearance("dark", Depth.TRUE)),
    ({}, {"LANG": "de_DE.ISO-8859-1@euro"}, None, False,
     Appearance("dark", Depth.TRUE, is_ascii=True)),
    ({}, {"LC_ALL": "en_US.UTF-8", "LANG": "x.KOI8-R"}, None, False,
     Appearance("dark", Depth.TRUE)),
    ({}, {"TERM": "linux"}, None, False, Appearance("dark", Depth.EIGHT, is_ascii=True)),
    ({"ascii": False}, {"TERM": "linux"}, None, False, Appearance("dark", Depth.EIGHT)),
]  # fmt: skip


@pytest.mark.parametrize(("given", "environ", "is_dark", "is_remote", "chosen"), CHOICES)
def test_what_the_user_sets_comes_first_then_what_the_terminal_says(
    given, environ, is_dark, is_remote, chosen
):
    environ = {"TERM": "xterm-256color", "COLORTERM": "truecolor"} | environ

    assert chosen == choose_appearance(
        TuiSettings(**given), environ, is_dark=is_dark, is_remote=is_remote
    )


def test_the_next_theme_comes_round_to_the_first():
    appearance = Appearance("dark", Depth.CUBE, is_ascii=True)
    seen = []
    for _ in PALETTES:
        seen.append(appearance.theme)
        appearance = appearance.next_one

    assert seen == list(PALETTES)
    assert appearance == Appearance("dark", Depth.CUBE, is_ascii=True)
