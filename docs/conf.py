"""The documentation as a site.

python -m sphinx -W docs site
"""

from __future__ import annotations

from torc_core import __version__

project = "torc"
version = release = __version__
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
myst_heading_anchors = 4
html_theme = "furo"
html_title = f"torc {version}"
exclude_patterns = ["README.md"]
