"""The wizard without its widgets."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torc_core.spec.convert import Format
from torc_core.spec.draft.check import check_draft
from torc_core.spec.draft.draft import CUSTOM, Draft
from torc_core.spec.draft.needs import PRESETS
from torc_tui.state.creating.forms import STEPS, Kind, choices, get, place_of, put, shown_fields
from torc_tui.state.creating.review import Ending, review
from torc_tui.state.creating.wizard_state import REVIEW, WizardState

FORMS = [(step, field) for step in STEPS for field in step.fields if step.section != "review"]
JOBS, DEPENDENCIES, RESOURCES, SCHEDULERS, ACTIONS = range(1, REVIEW)


def full() -> Draft:
    draft = Draft(name="w")
    for name in ("a", "b"):
        draft = draft.added("jobs", name=name, command="true")
    return draft.added("schedulers", name="s", account="acc").added("actions")


def filled() -> WizardState:
    state = WizardState()
    state.draft = full()
    state.checked = check_draft(state.draft)
    return state


def test_all_that_pages_and_fields_say_fits_into_80_columns():
    said = [step.says for step in STEPS]
    said += [field.hint for step in STEPS for field in step.fields]
    said.append(filled_at(JOBS).list_hint)
    assert not [text for text in said if len(text) > 78]


def filled_at(step: int) -> WizardState:
    state = filled()
    state.go(step)
    return state


@pytest.mark.parametrize(("step", "field"), FORMS, ids=lambda each: getattr(each, "title", each))
def test_every_field_takes_a_value_and_gives_it_back(step, field):
    draft = full()
    match field.kind:
        case Kind.TEXT:
            value = "7"
        case Kind.CHOICE:
            value = choices(draft, field.name)[1].value
        case _:
            value = (draft.jobs[0].key,)

    changed = put(draft, step.section, 0, field.name, value)

    assert changed != draft
    assert get(changed, step.section, 0, field.name) == value


def test_amounts_are_asked_for_only_where_they_are_stated_and_begin_with_the_preset():
    step, draft = STEPS[RESOURCES], put(full(), "jobs", 0, "preset", "medium")
    assert shown_fields(draft, step, 0) == {"preset"}

    draft = put(draft, "jobs", 0, "preset", CUSTOM)

    assert "memory" in shown_fields(draft, step, 0)
    assert get(draft, "jobs", 0, "memory") == PRESETS["medium"].memory


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, {"trigger_type", "action_type", "scheduler", "num_allocations"}),
        ({"action_type": "run_commands"}, {"trigger_type", "action_type", "command"}),
        ({"trigger_type": "on_jobs_ready", "action_type": "run_commands"},
         {"trigger_type", "action_type", "command", "jobs"}),
    ],
)  # fmt: skip
def test_an_action_has_the_fields_of_its_kind(changes, shown):
    draft = full().changed("actions", 0, **changes)

    assert shown_fields(draft, STEPS[ACTIONS], 0) == shown


@pytest.mark.parametrize(
    ("parameters", "has_mode"),
    [("", False), ("i: 1:3", False), ("i: 1:3; k: [x, y, z]", True), ("i: 1:3; k", False)],
)
def test_how_parameters_are_combined_is_asked_if_there_are_several(parameters, has_mode):
    draft = Draft().added("jobs", parameters=parameters)

    assert ("parameter_mode" in shown_fields(draft, STEPS[JOBS], 0)) is has_mode


def test_every_problem_leads_to_a_field_that_is_in_its_form():
    draft = Draft().added("jobs", scheduler=2, preset=CUSTOM).added("schedulers").added("actions")
    draft = draft.added("actions", trigger_type="on_jobs_ready", action_type="run_commands")

    problems = check_draft(draft).problems

    assert len(problems) >= 7
    for problem in problems:
        step, index, field = place_of(problem.spot)
        assert field in {None, *shown_fields(draft, STEPS[step], index)}


def test_a_misfit_leads_to_what_the_job_needs():
    draft = full().changed("jobs", 0, scheduler=3, preset="medium")
    draft = draft.changed("schedulers", 0, mem="4G").removed("actions", 0)

    (problem,) = check_draft(draft).problems

    assert place_of(problem.spot) == (RESOURCES, 0, "preset")


steps = st.lists(st.integers(-1, len(STEPS)), max_size=20)


@settings(max_examples=50, deadline=None)
@given(steps)
def test_going_back_and_forth_changes_nothing(visited):
    state = filled()
    before = state.draft, state.ending

    for step in visited:
        state.go(step)
        state.point_at(step)
        form = {
            field.name: get(state.draft, state.step.section, state.index, field.name)
            for field in state.step.fields
            if field.kind is Kind.TEXT and state.step.section != "review"
        }
        state.take_all(form)

    assert (state.draft, state.ending) == before


keys = st.lists(
    st.tuples(st.sampled_from(["add", "remove", "go", "point", "take"]), st.integers(0, 6)),
    max_size=30,
)


@settings(max_examples=100, deadline=None)
@given(keys)
def test_whatever_is_pressed_the_form_is_for_an_entry_that_exists(pressed):
    state = WizardState()
    for what, number in pressed:
        match what:
            case "go":
                state.go(number)
            case "point":
                state.point_at(number)
            case "add" if state.step.adds:
                state.add()
            case "remove" if state.step.adds and state.total:
                state.remove()
            case "take":
                for field in state.step.fields:
                    if field.kind is Kind.TEXT:
                        state.take(field.name, field.title)
        assert 0 <= state.index <= max(0, state.total - 1)


def test_the_problems_are_gone_through_in_turn():
    state = WizardState()
    state.draft = Draft().added("jobs")
    state.checked = check_draft(state.draft)
    seen, field = [], None
    for _ in range(4):
        place = state.problem_after(field)
        assert place is not None
        state.go(place[0])
        state.point_at(place[1])
        field = place[2]
        seen.append(place)

    assert seen[:3] == [(0, 0, "name"), (JOBS, 0, "command"), (JOBS, 0, "name")]
    assert seen[3] == seen[0]


def test_the_file_is_called_like_the_workflow_until_it_is_named():
    ending = Ending()
    assert ending.path_for(" my flow/1 ") == "my_flow_1.yaml"
    assert ending.path_for("") == ""
    assert ending.with_value("path", "my_flow_1.yaml", "my flow/1") == ending

    named = ending.with_value("path", "runs/x.yml", "w").with_value("form", "kdl", "w")

    assert named.path_for("w") == "runs/x.kdl"
    assert named.with_value("path", "", "w").path_for("w") == ""


@pytest.mark.parametrize("form", list(Format))
def test_the_review_shows_the_plan_and_the_file_and_nothing_that_a_terminal_obeys(form):
    draft = full().changed("jobs", 1, depends_on=(1,), command="echo '\x1b]0;x\x07'")

    drawing = review(check_draft(draft.removed("actions", 0)), form)
    text = "\n".join("".join(cell.text for cell in line) for line in drawing.lines)

    assert "✓ w: 2 jobs" in text
    assert "Stage 2: When job 'a' completes" in text
    assert f"File, {form.upper()}" in text
    assert "\x1b" not in text


def test_titles_fit_both_widths():
    for width in (60, 80):
        cells = filled().titles(width)
        assert sum(len(cell.text) for cell in cells) <= width
