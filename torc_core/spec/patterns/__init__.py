"""Regular expressions that select jobs, files and user data by name.

Their syntax is that of the reference, which uses Rust's regex crate; RE2 runs them, in a time that
grows with the length of a name and not with a power of it.
"""

from __future__ import annotations

from torc_core.spec.patterns.engine import Haystack, Pattern, compile_pattern, matching
from torc_core.spec.patterns.syntax import quote

__all__ = ["Haystack", "Pattern", "compile_pattern", "matching", "quote"]
