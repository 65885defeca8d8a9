"""Fifty texts that a terminal, a markup, a shell or a layout could be deceived by.

Each has the word `EVIL`, which may be seen as text and never as a part of a command to the
terminal. Numbers such as 777 tell what a text commands from what the interface commands.
"""

from __future__ import annotations

LONG = 100_000

PAYLOADS: dict[str, str] = {
    # sequences of seven bits
    "CSI erase": "\x1b[2J\x1b[3JEVIL",
    "CSI cursor": "\x1b[777;777HEVIL\x1b[777A",
    "CSI scroll region": "\x1b[777;778rEVIL\x1b[777S",
    "CSI modes": "\x1b[?1049l\x1b[?47l\x1b[?2004l\x1b[4hEVIL",
    "CSI reports": "\x1b[6n\x1b[c\x1b[>q\x1b[21t\x1b[18tEVIL",
    "CSI reset and print": "\x1b[!p\x1b[5i\x1b[777ZEVIL",
    "CSI without end": "EVIL\x1b[",
    "SGR": "\x1b[8;5;777mEVIL\x1b[38;2;7;7;7m",
    "ESC single": "\x1bc\x1b7\x1b8\x1bM\x1b=\x1b#8\x1b(0EVIL",
    "OSC title": "\x1b]0;EVIL\x07\x1b]2;EVIL\x1b\\",
    "OSC 8 link": "\x1b]8;;http://EVIL/\x1b\\EVIL\x1b]8;;\x1b\\",
    "OSC 9 notification": "\x1b]9;EVIL\x07",
    "OSC 9;4 progress": "\x1b]9;4;1;77\x07EVIL",
    "OSC 52 clipboard": "\x1b]52;c;RVZJTA==\x07\x1b]52;c;?\x07EVIL",
    "OSC 777 notification": "\x1b]777;notify;EVIL;EVIL\x07",
    "OSC colors": "\x1b]4;1;#EVIL77\x1b\\\x1b]10;?\x1b\\\x1b]104\x07EVIL",
    "OSC 1337 file": "\x1b]1337;File=inline=1:RVZJTA==\x07EVIL",
    "OSC without end": "EVIL\x1b]52;c;RVZJTA==",
    "DCS": "\x1bP$q777mEVIL\x1b\\\x1bP+q544e\x1b\\",
    "DCS for tmux": "\x1bPtmux;\x1b\x1b]0;EVIL\x07\x1b\\",
    "APC": "\x1b_GEVIL,a=T;RVZJTA==\x1b\\",
    "PM and SOS": "\x1b^EVIL\x1b\\\x1bXEVIL\x1b\\",
    # sequences of eight bits
    "C1 CSI": "\x9b2J\x9b777;1HEVIL",
    "C1 OSC": "\x9d0;EVIL\x9c\x9d52;c;RVZJTA==\x9c",
    "C1 DCS, APC, PM, SOS": "\x90EVIL\x9c\x9fEVIL\x9c\x9eEVIL\x9c\x98EVIL\x9c",
    "C1 single": "\x84\x85\x8d\x8e\x8f\x9aEVIL",
    # what deceives the eye
    "bidi override": "\u202eLIVE\u202c EVIL \u202dx",
    "bidi isolates and marks": "\u2066\u2067\u2068EVIL\u2069\u200e\u200f\u061c",
    "zero width": "E\u200bV\u2060I\ufeffL EVIL\u00ad\u180e\u2063",
    "tags": "EVIL\U000e0001\U000e0065\U000e0076\U000e007f",
    "line separators": "EVIL\u2028EVIL\u2029EVIL\x0b\x0c\x1c\x1d\x1e\x85",
    "annotations": "\ufff9EVIL\ufffaannotation\ufffb\u206a\u206f\U0001d173",
    # what breaks layouts
    "combining flood": "EVIL" + "\u0301\u0489\u20dd" * 700,
    "flood from the start": "\u0e47" * 500 + "EVIL" + "\u0e47" * 500,
    "wide and ambiguous": "EVIL日本語한국어\uff46\uff55\uff4c\uff4c§¡°±→■★",
    "emoji joined": "EVIL👩\u200d👩\u200d👧\u200d👦👍🏽🇩🇪❤\ufe0f1\ufe0f\u20e3🏴\U000e007f",
    "joiners": "EVIL" + "\u200d\u200c" * 300 + "\ufe0f\u034f",
    "lines": "EVIL\nEVIL\r\nEVIL\rEVIL\n\n",
    "controls": "\x00\x01\x07\x08\x08\x08\x0e\x0f\t\x11\x13\x1a\x7fEVIL",
    "long": "EVIL" * (LONG // 4),
    "long and wide": "EVIL" + "日" * (LONG // 3),
    "many lines": "EVIL\n" * 2000,
    # what other readers take for their own
    "Rich markup": "[red]EVIL[/red][/][link=http://EVIL]x[/link][blink]",
    "Textual markup": "[@click=app.quit]EVIL[/][on red][$primary][/nothing]",
    "HTML": "<script>alert('EVIL')</script>\"'><img src=x onerror=EVIL>&lt;",
    "formats": "%s%n%1000000d{0}{EVIL}{x.__class__}${EVIL}{{EVIL}}{%EVIL%}",
    "shell": "$(touch EVIL)`touch EVIL`;touch EVIL|touch EVIL&'\"\\!*?~",
    "path": "../../../../EVIL/../..//./\\EVIL",
    "headers": "EVIL\r\nSet-Cookie: EVIL=1\r\n\r\nHTTP/1.1 200 OK",
    "log line": "EVIL\n2026-01-01 00:00:00 ERROR forged\x1b[0K\x1b[31mEVIL",
}


def rotated(start: int) -> list[str]:
    """Return all of them, from another one on."""
    texts = list(PAYLOADS.values())
    start %= len(texts)
    return texts[start:] + texts[:start]
