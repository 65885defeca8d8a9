"""Every screen of the interface, and the keys that lead to it.

A new screen, tab or step of the wizard needs a line here: a test fails without.
"""

from __future__ import annotations

from typing import NamedTuple

CLIMATE, TRAINING, ARCHIVE = "climate-ens", "train-grid", "quality-control-of-the-whole-archive"
_JOB = "'member_{i:02}' enter './model {i}' enter 'i: 1:40' enter"
_REVIEW = (
    f"m 'ens' ctrl+n {_JOB} a 'merge' enter 'true' enter enter ctrl+n enter space enter "
    "ctrl+n ctrl+n ctrl+n ctrl+n"
)


class Shot(NamedTuple):
    """A picture of one screen."""

    name: str
    """Of its file."""
    kind: str
    """The class of the screen; of the main one, what is in sight there."""
    keys: str
    """Pressed in the list of workflows; what is in quotes is typed."""
    workflow: str = CLIMATE
    """The one under the cursor at first."""
    tones_at: tuple[int, int] = (80, 24)
    """The size at which it is noted what is colored how."""


SHOTS = (
    Shot("workflows", "WorkflowsPane", "", tones_at=(120, 35)),
    Shot("workflows_all_users", "WorkflowsPane", "a"),
    Shot("jobs", "JobsTab", "right"),
    Shot("jobs_marked", "JobsTab", "right space space space"),
    Shot("jobs_filtered", "JobsTab", "right f 'member_0' enter"),
    Shot("jobs_typed_filter", "JobsTab", "right / '03'"),
    Shot("jobs_zoomed", "JobsTab", "right z"),
    Shot("jobs_message", "JobsTab", "right c"),
    Shot("files", "FilesTab", "right tab"),
    Shot("events", "EventsTab", "right e"),
    Shot("results", "ResultsTab", "right tab tab tab", tones_at=(160, 48)),
    Shot("nodes", "NodesTab", "right tab tab tab tab"),
    Shot("runs", "RunsTab", "right tab tab tab tab tab", TRAINING),
    Shot("dag", "DagTab", "right shift+tab shift+tab shift+tab"),
    Shot("dag_unfolded", "DagTab", "right shift+tab shift+tab shift+tab down enter"),
    Shot("dag_jobs", "DagTab", "right shift+tab shift+tab shift+tab E", TRAINING),
    Shot("dag_files", "DagTab", "right shift+tab shift+tab shift+tab E E"),
    Shot("dag_user_data", "DagTab", "right shift+tab shift+tab shift+tab E E E"),
    Shot("time", "TimelineTab", "right T"),
    Shot("more_user_data", "MoreTab", "right shift+tab"),
    Shot("more_requirements", "MoreTab", "right shift+tab E"),
    Shot("details_job", "Reader", "right down enter"),
    Shot("details_event", "Reader", "right e enter"),
    Shot("help", "Reader", "?"),
    Shot("error", "Reader", "s"),
    Shot("recovery_plan", "Reader", "v", TRAINING),
    Shot("why_failed", "WhyScreen", "right N !"),
    Shot("why_blocked", "WhyScreen", "right G !"),
    Shot("plots", "PlotScreen", "P"),
    Shot("log", "LogScreen", "right down l"),
    Shot("log_error", "LogScreen", "right N l"),
    Shot("log_search", "LogScreen", "right down l / '19' enter"),
    Shot("log_hex", "LogScreen", "right down l x"),
    Shot("failures", "FailuresScreen", "F", TRAINING),
    Shot("diff", "DiffScreen", "D", TRAINING),
    Shot("delete", "Confirm", "d"),
    Shot("delete_large", "ConfirmByName", "d", ARCHIVE),
    Shot("recover", "Confirm", "V", TRAINING),
    Shot("rerun", "Confirm", "Y", TRAINING),
    Shot("run", "Confirm", "x", ARCHIVE),
    Shot("watch", "Confirm", "W"),
    Shot("of_others", "Confirm", "a G W"),
    Shot("cancel", "Confirm", "C"),
    Shot("retry", "Confirm", "right N y", TRAINING),
    Shot("edit", "Choose", "right ctrl+e"),
    Shot("user", "Ask", "w"),
    Shot("filter", "AskFilter", "right f"),
    Shot("columns", "ColumnsDialog", "right ,"),
    Shot("palette", "Pick", "ctrl+p"),
    Shot("palette_typed", "Pick", "ctrl+p 'term'"),
    Shot("saved_filters", "Pick", "right f 'member_0' enter B 'first' enter b"),
    Shot("command", "CommandLine", ":"),
    Shot("servers", "KnownServers", "@"),
    Shot("runs_here", "RunsDialog", "H"),
    Shot("create", "CreateDialog", "n"),
    Shot("create_broken", "CreateDialog", "n 'broken.yaml' enter"),
    Shot("examples", "ExamplesDialog", "X"),
    Shot("wizard_basics", "Wizard", "m"),
    Shot("wizard_jobs", "Wizard", f"m 'ens' ctrl+n {_JOB} a 'merge' enter 'true' enter"),
    Shot("wizard_dependencies", "Wizard", f"m 'ens' ctrl+n {_JOB} ctrl+n"),
    Shot("wizard_resources", "Wizard", f"m 'ens' ctrl+n {_JOB} ctrl+n ctrl+n enter"),
    Shot("wizard_schedulers", "Wizard", "m 'ens' ctrl+n ctrl+n ctrl+n ctrl+n a"),
    Shot("wizard_actions", "Wizard", "m 'ens' ctrl+n ctrl+n ctrl+n ctrl+n ctrl+n a"),
    Shot(
        "wizard_review",
        "Wizard",
        _REVIEW,
    ),
    Shot("quit", "_QuitQuestion", "a G W y y q"),
)
FIRST = Shot("first", "WorkflowsPane", "")
"""Where there is nothing yet."""
