"""The tabs of an open workflow, in their order."""

from __future__ import annotations

from torc_tui.panes.base import Tab
from torc_tui.panes.dag import DagTab
from torc_tui.panes.events import EventsTab
from torc_tui.panes.files import FilesTab
from torc_tui.panes.jobs import JobsTab
from torc_tui.panes.nodes import NodesTab
from torc_tui.panes.results import ResultsTab
from torc_tui.panes.runs import RunsTab

TABS: tuple[type[Tab], ...] = (JobsTab, FilesTab, EventsTab, ResultsTab, NodesTab, RunsTab, DagTab)
"""A new tab is one more line here; everything else about it is in its own module."""
