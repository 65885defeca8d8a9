"""Keys of the dialog that asks for a workflow file, and of the wizard."""

from __future__ import annotations

from functools import partial

from torc_tui.keys.action import Action, Scope

_choice = partial(Action, group="", scope=Scope.CHOICES)
_file = partial(Action, group="New workflow", scope=Scope.CREATE)
_wizard = partial(Action, group="Wizard", scope=Scope.WIZARD)
_field = partial(Action, group="Wizard", scope=Scope.FIELD)
_field_done = partial(Action, group="", scope=Scope.FIELD)
_mark = partial(Action, group="", scope=Scope.MARKS)

CREATING: tuple[Action, ...] = (
    _choice("choices.choose", "enter,space", "choose", "Choose"),
    _file("create.accept", "enter", "create", "Create from the file; go into the directory"),
    _file("create.complete", "tab", "complete", "Complete the path"),
    _file("create.down", "down", "choose", "Next file"),
    _file("create.up", "up", "", "Previous file"),
    _file("create.page_down", "pagedown", "", "One page of problems or files down"),
    _file("create.page_up", "pageup", "", "One page of problems or files up"),
    _file("create.wizard", "ctrl+n", "wizard", "Make a workflow without a file"),
    _file("create.cancel", "escape", "cancel", "Create nothing"),
    _wizard("wizard.next", "ctrl+n,pagedown", "next step", "Next step"),
    _wizard("wizard.back", "ctrl+b,pageup", "step back", "Step back"),
    _wizard("wizard.add", "a,plus", "add", "Add a job, scheduler or action; from the list"),
    _wizard("wizard.remove", "d,delete", "delete", "Delete the one under the cursor"),
    _wizard("wizard.down", "down", "", "Next field; also Enter and Tab"),
    _wizard("wizard.up", "up", "", "Previous field"),
    _field("turn.next", "right,l,space", "", "Next value"),
    _field("turn.previous", "left,h", "", "Previous value"),
    _field_done("turn.done", "enter", "", "Next field"),
    _mark("marks.toggle", "space", "", "Mark the job, or not"),
    _mark("marks.done", "enter", "", "Next field"),
    _wizard("wizard.problem", "ctrl+g", "problem", "Go to the next problem"),
    _wizard("wizard.create", "ctrl+s", "create", "Write, create and run as the review says"),
    _wizard(
        "wizard.leave",
        "escape",
        "list, leave",
        "Back to the list, else leave; asks if something was typed",
    ),
)
