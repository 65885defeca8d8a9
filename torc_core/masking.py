"""What is secret in a text for people: passwords, tokens, and the user part of URLs."""

from __future__ import annotations

import re

MASK = "***"

_NAME = r"(?:PASSWORD|PASSWD|TOKEN|SECRET|API_?KEY|CREDENTIALS?)"
_WORDS = ("CREDENTIAL", "JWT", "KEY", "PASS", "SECRET", "TOKEN")
_VALUE = r"""(?:'[^'\n]*'|"[^"\n]*"|[^\s'"&,;)])+"""
# Each begins at a fixed text or after a blank, and then reads on once.
_SECRETS = (
    # http://user:password@host. A password that was pasted may itself hold an @.
    (re.compile(r"""(://)[^\s/?#'"<>]+@"""), rf"\1{MASK}@"),
    # user:password@host, where the scheme was forgotten
    (
        re.compile(
            r"""(?<![^\s/?#@'"])(?=[^\s/?#@'"]++@[\w.-])"""  # what ends with the next @
            r"""((?<![/?#@])|(?:[^\s/?#@'"=(]*+[=(])+?)"""  # before the user: `url=`
            r"""[^\s:/?#@'"=(]+:[^\s/?#@'"]++@"""
        ),
        rf"\1{MASK}@",
    ),
    (re.compile(r"""(/token/)[^/\s'"?#]+"""), rf"\1{MASK}"),
    (
        re.compile(
            r"""([?&](?:access_|auth_|api_|api)?(?:token|key|password|secret|signature)=)[^&\s#'"]+""",
            re.IGNORECASE,
        ),
        rf"\1{MASK}",
    ),
    (
        re.compile(
            r"""(\bauthorization\b['"]?\s?[:=,]?\s?b?['"]?(?:basic|bearer)\s)[^\s'",]+""",
            re.IGNORECASE,
        ),
        rf"\1{MASK}",
    ),
    (re.compile(r"(\bBearer\s)[\w.~+/=-]{16,}"), rf"\1{MASK}"),
    # PGPASSWORD=x, 'TORC_TOKEN': 'x', --password x
    (
        re.compile(
            rf"""(?<![A-Z0-9_])([A-Z0-9_]{{0,64}}{_NAME}[A-Z0-9_]{{0,64}}"""
            rf"""(?:['"]?=|['"]:\s?)){_VALUE}"""
        ),
        rf"\1{MASK}",
    ),
    (re.compile(rf"""(--(?:password|token)[ =]){_VALUE}"""), rf"\1{MASK}"),
)


def is_secret_name(name: str) -> bool:
    """Return whether a variable of the environment may hold a secret, by its name."""
    return any(word in name.upper() for word in _WORDS)


def mask(text: str) -> str:
    """Return a text without its secrets, for messages and logs; it takes linear time.

    It knows secrets by where they stand: in a URL, in a header, behind the name of a variable or
    an option.
    """
    for pattern, shown in _SECRETS:
        text = pattern.sub(shown, text)
    return text
