"""The tabs of an open workflow, in their order."""

from __future__ import annotations

from torc_tui.panes.base import Tab
from torc_tui.panes.charts.dag import DagTab
from torc_tui.panes.charts.timeline import TimelineTab
from torc_tui.panes.tabs.events import EventsTab
from torc_tui.panes.tabs.files import FilesTab
from torc_tui.panes.tabs.jobs import JobsTab
from torc_tui.panes.tabs.more import MoreTab
from torc_tui.panes.tabs.nodes import NodesTab
from torc_tui.panes.tabs.results import ResultsTab
from torc_tui.panes.tabs.runs import RunsTab

TABS: tuple[type[Tab], ...] = (
    JobsTab,
    FilesTab,
    EventsTab,
    ResultsTab,
    NodesTab,
    RunsTab,
    DagTab,
    TimelineTab,
    MoreTab,
)
"""A new tab is one more line here; everything else about it is in its own module."""
