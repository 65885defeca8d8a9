"""Names of keys: as people write them, as Textual has them, and as they are shown. Pure."""

from __future__ import annotations

import re
import unicodedata

_ALSO = {
    "esc": "escape", "return": "enter", "pgup": "pageup", "pgdn": "pagedown", "del": "delete",
    " ": "space",
}  # fmt: skip
_CHARACTERS = {
    "solidus": "slash", "reverse_solidus": "backslash", "commercial_at": "at",
    "hyphen_minus": "minus", "plus_sign": "plus", "low_line": "underscore",
}  # fmt: skip
"""What Textual calls characters, where that is not their name in Unicode."""
_KEY = re.compile(
    r"(?:(?:ctrl|alt|shift)\+)*"
    r"(?:\w|f\d\d?|up|down|left|right|home|end|pageup|pagedown|insert|delete|tab|enter|escape|space"
    r"|backspace)"
)


def name_of(key: str) -> str:
    """Return what Textual calls a key."""
    if len(key) == 1 and not key.isalnum() and key not in _ALSO:
        name = unicodedata.name(key, "").lower().replace("-", "_").replace(" ", "_")
        return _CHARACTERS.get(name, name)
    if len(key) == 1:
        return _ALSO.get(key, key)
    *modifiers, last = key.split("+")
    return "+".join(
        [*(each.lower() for each in modifiers), _plain(last, has_modifier=bool(modifiers))]
    )


def _plain(name: str, *, has_modifier: bool) -> str:
    if len(name) == 1:
        return name.lower() if has_modifier else name
    return _ALSO.get(name.lower(), name.lower())


def is_key(name: str) -> bool:
    """Return whether there is a key that Textual calls so."""
    return bool(_KEY.fullmatch(name)) or name in _SIGNS


def shown_key(name: str) -> str:
    """Return how a key is shown, such as `C-k` or `PgUp`."""
    *modifiers, last = name.split("+")
    plain = _SHOWN.get(last) or _SIGNS.get(last) or (last if len(last) == 1 else last.capitalize())
    return "".join(_MODIFIERS.get(each, each) for each in modifiers) + plain


_MODIFIERS = {"ctrl": "C-", "alt": "A-", "shift": "S-"}
_SHOWN = {
    "up": "↑", "down": "↓", "left": "←", "right": "→",
    "pageup": "PgUp", "pagedown": "PgDn", "escape": "Esc", "delete": "Del",
}  # fmt: skip
_SIGNS = {name_of(sign): sign for sign in "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"}
"""Characters by the name of their key."""
