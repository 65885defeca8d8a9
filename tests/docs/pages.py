"""What a page of the documentation has its readers type, and the files it has them write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

SHELL = "sh"
"""The language of blocks with commands; those in `bash`, `zsh` and so on are files."""
OUTPUT = "text"
"""The language of blocks with what the commands before them print, as far as it is shown."""
_BLOCK = re.compile(
    r"(?:^<!-- not run: (?P<reason>.+?) -->\n)?"
    r"(?:^[^\n]*`(?P<name>[\w/-]+\.\w+)`:\n\n)?"
    r"^```(?P<language>\w+)\n(?P<content>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)


class Block(NamedTuple):
    """A block of code."""

    language: str
    content: str
    name: str | None
    """The file that it is the content of, from the line before it, which ends in a colon."""
    not_run: str | None
    """Why its commands cannot be run here, from a comment before it."""


def blocks(page: Path) -> Iterator[Block]:
    """Yield the blocks of a page in their order."""
    for found in _BLOCK.finditer(page.read_text("utf-8")):
        yield Block(found["language"], found["content"], found["name"], found["reason"])


def script(page: Path) -> str:
    """Return a shell script that writes a page's files and runs its commands, in their order.

    A command ends with 0, unless a comment behind it says otherwise: `# exits with 1`.
    """
    return "\n".join(_part(block) for block in blocks(page))


def shown(page: Path) -> Iterator[str]:
    """Yield the lines that a page's commands print, as the page shows them."""
    for before, block in pairwise(blocks(page)):
        was_run = before.language == SHELL and not before.not_run
        if was_run and block.language == OUTPUT and not block.name:
            yield from filter(None, block.content.splitlines())


def gist(line: str) -> str:
    """Return a line of output without what differs each time: numbers, and widths of columns.

    Durations of more than a minute, which are printed in another form, are like shorter ones.
    """
    return " ".join(re.sub(r"\d+", "0", line).replace("0m 0s", "0.0s").split())


def _part(block: Block) -> str:
    if block.language != SHELL:
        return _writing(block) if block.name else ""
    return "" if block.not_run else with_exit_codes(block.content)


def with_exit_codes(commands: str) -> str:
    """Return commands that fail if one ends with another code than a comment behind it says."""
    return re.sub(
        r"^(?P<command>.+?)\s+# exits with (?P<code>\d+)$",
        r"\g<command> && exit 99 || [ $? = \g<code> ]",
        commands,
        flags=re.MULTILINE,
    )


def _writing(block: Block) -> str:
    assert block.name is not None
    path = Path(block.name)
    return f"mkdir -p {path.parent}\ncat > {path} <<'END OF FILE'\n{block.content}END OF FILE\n"
