"""The shells that complete `torc`: click's bash, zsh and fish, and here Elvish and PowerShell."""

from __future__ import annotations

import os

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
)

VARIABLE = "_TORC_COMPLETE"
"""Says that a shell asks for completions, and which shell."""


class _LineComplete(ShellComplete):
    """A shell that sends one word per line and reads values with descriptions, tab between.

    The last word is the one to be completed; it may be empty.
    """

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one that is completed, and that."""
        words = os.environ.get("COMP_WORDS", "").split("\n")
        return words[1:-1], words[-1] if len(words) > 1 else ""

    def format_completion(self, item: CompletionItem[str]) -> str:
        """Return one line."""
        help_ = (item.help or "").replace("\t", " ").replace("\n", " ")
        return f"{item.type}\t{item.value}\t{help_}"


class ElvishComplete(_LineComplete):
    """Elvish, 0.17 or later."""

    name = "elvish"
    source_template = """\
use str
set edit:completion:arg-completer[%(prog_name)s] = {|@words|
  var lines = [(env COMP_WORDS=(str:join "\\n" $words) %(complete_var)s=elvish_complete \
%(prog_name)s | from-lines)]
  for line $lines {
    if (eq $line '') { continue }
    var kind value description = (str:split "\\t" $line)
    if (eq $kind file) {
      edit:complete-filename $@words
    } elif (eq $description '') {
      edit:complex-candidate $value
    } else {
      edit:complex-candidate $value &display=$value' ('$description')'
    }
  }
}
"""


class PowerShellComplete(_LineComplete):
    """PowerShell; file names are its own when nothing is offered."""

    name = "powershell"
    source_template = """\
Register-ArgumentCompleter -Native -CommandName %(prog_name)s -ScriptBlock {
    param($word, $line, $position)
    $words = @($line.CommandElements | Where-Object { $_.Extent.EndOffset -le $position } |
        ForEach-Object { $_.ToString() })
    if ($word -eq '') { $words += '' }
    $env:COMP_WORDS = $words -join "`n"
    $env:%(complete_var)s = 'powershell_complete'
    try { $lines = & %(prog_name)s } finally {
        Remove-Item Env:COMP_WORDS, Env:%(complete_var)s
    }
    $lines | ForEach-Object {
        $kind, $value, $description = $_ -split "`t", 3
        if ($kind -eq 'plain') {
            if (-not $description) { $description = $value }
            [System.Management.Automation.CompletionResult]::new(
                $value, $value, 'ParameterValue', $description)
        }
    }
}
"""


SHELLS: dict[str, type[ShellComplete]] = {
    "bash": BashComplete,
    "elvish": ElvishComplete,
    "fish": FishComplete,
    "powershell": PowerShellComplete,
    "zsh": ZshComplete,
}


def script(shell: str, root: click.Command) -> str:
    """Return the script that makes a shell complete `torc`."""
    complete = SHELLS[shell](root, {}, "torc", VARIABLE)
    return complete.source_template % complete.source_vars()


def register_shells() -> None:
    """Let click answer the shells that it does not know by itself."""
    add_completion_class(ElvishComplete)
    add_completion_class(PowerShellComplete)
