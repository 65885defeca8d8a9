"""Keys of the graph, the timeline, and runs side by side."""

from __future__ import annotations

from functools import partial

from torc_tui.keys.action import Action, Scope

_groups = partial(Action, group="Graph", scope=Scope.GROUPS)
_graph = partial(Action, group="Graph", scope=Scope.GRAPH)
_timeline = partial(Action, group="Timeline", scope=Scope.TIMELINE)
_runs = partial(Action, group="Runs", scope=Scope.RUNS)
_diff = partial(Action, group="Runs", scope=Scope.DIFF)
_diff_close = partial(Action, group="", scope=Scope.DIFF)

CHARTS: tuple[Action, ...] = (
    _groups("groups.open", "enter", "unfold", "Unfold or fold the group; details of the job"),
    _groups(
        "groups.upstream",
        "left_parenthesis",
        "needs",
        "Go to the first job or group that this one needs",
    ),
    _groups(
        "groups.downstream",
        "right_parenthesis",
        "feeds",
        "Go to the first job or group that needs this one",
    ),
    _groups("groups.find", "slash", "find", "Find a job or group by a part of its name"),
    _groups("groups.next", "n", "", "Next match, while something is looked for"),
    _groups("groups.previous", "N", "", "Previous match, while something is looked for"),
    _graph("graph.view", "E", "view", "Next view: groups, drawing of jobs, of files, of user data"),
    _timeline("timeline.fold", "enter", "fold", "Fold or unfold the node"),
    _runs(
        "run.older", "left_square_bracket", "older run", "Go to the run before, on Results and Time"
    ),
    _runs(
        "run.newer", "right_square_bracket", "newer run", "Go to the run after, on Results and Time"
    ),
    _diff("diff.older", "left_square_bracket", "older", "The runs before"),
    _diff("diff.newer", "right_square_bracket", "newer", "The runs after"),
    _diff_close("diff.close", "q,escape", "close", "Close"),
)
