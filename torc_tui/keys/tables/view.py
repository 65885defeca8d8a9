"""Keys for what is shown, and for servers."""

from __future__ import annotations

from functools import partial

from torc_tui.keys.action import Action, Scope

_view = partial(Action, group="View", scope=Scope.SCREEN)
_server = partial(Action, group="Server", scope=Scope.SCREEN)

VIEW: tuple[Action, ...] = (
    _view("view.refresh", "r", "refresh", "Refresh now"),
    _view("view.auto", "A", "", "Refresh interval: 5s, 30s, off"),
    _view("view.low_bandwidth", "M", "", "Low bandwidth: when the line is slow, always, never"),
    _view("view.user", "w", "", "Show the workflows of another user"),
    _view("view.all_users", "a", "all users", "Show workflows of all users, or only yours"),
    _view("go.events", "e", "", "Go to the events"),
    _view("go.timeline", "T", "", "Go to the timeline: what ran on which node when"),
    _view("view.plots", "P", "", "Plots of what jobs used over time"),
    _view("view.diff", "D", "", "Runs of the workflow, and what differs between two"),
    _view("view.runs", "H", "", "Runs on this machine"),
    _view(
        "app.next_theme",
        "ctrl+t",
        "",
        "Next theme: dark, light, high contrast, for color blindness",
    ),
    _view("view.command", "colon", "", "Command line: actions, go to, filter, sort; Tab completes"),
    _view("view.palette", "ctrl+p", "", "All actions that can be done here, found by typing"),
    _view("view.zoom", "z", "", "Only the pane with the focus, or all"),
    _view("view.narrow_list", "ctrl+left", "", "Less room for the workflows"),
    _view("view.widen_list", "ctrl+right", "", "More room for the workflows"),
    _view("view.help", "question_mark", "help", "All keys"),
    _view("go.back", "escape", "", "Clear the filter, else go back"),
    _view("app.quit", "q", "quit", "Quit; runs continue"),
    _server("server.choose", "u", "", "Connect to another server"),
    _server("server.known", "at", "servers", "Servers: go to one, name one"),
    _server("server.start", "S", "", "Start the server"),
    _server("server.stop", "K", "", "Stop the server; says which runs use it"),
    _server("server.output", "O", "", "Output of the server"),
)
