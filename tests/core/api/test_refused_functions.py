"""What cannot become jobs is refused before anything is created."""

from __future__ import annotations

import pytest

from torc_core.api import TorcError, map_function_to_jobs
from torc_core.errors import UsageError

RUN = "def run(name, item): return item\n"
UNGUARDED = """
from torc_core.api import make_api, map_function_to_jobs

def run(name, item): ...

map_function_to_jobs(make_api("http://127.0.0.1:1"), 1, "own", "run", [1])
"""


@pytest.fixture
def refused(client, workflow_id, write_module):
    """Return why functions are refused, after making sure that nothing was created."""

    def refused(text=RUN, params=(1,), func="run", module="own", **more):
        write_module(text)
        with pytest.raises(TorcError) as raised:
            map_function_to_jobs(client, workflow_id, module, func, params, **more)
        assert client.list_jobs(workflow_id).total_count == 0
        assert client.list_user_data(workflow_id).total_count == 0
        return raised.value

    return refused


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def walk(name, item): ...", "has no function run"),
        ("run = 3", "own.run is not a function, but of type int."),
        ("def run(item): ...", "cannot be called with the job's name and an item of params"),
        ("def run(name, item, more): ...", "run(name, item, more) cannot be called"),
        ("import nowhere", "No module named 'nowhere'"),
        ("x = 1\ny = 1 / 0", "ZeroDivisionError: division by zero"),
        ("def run(", "SyntaxError"),
        ("import os; os._exit(3)", "Importing the module own ends the program"),
        ("import sys; sys.exit('no license')", "ends the program: no license"),
        (UNGUARDED, "The module own creates jobs of own when it is imported."),
    ],
)
def test_functions_that_jobs_could_not_call(refused, text, said):
    error = refused(text)

    assert isinstance(error, UsageError)
    assert said in error.message


def test_the_message_names_the_line_of_the_module(refused, tmp_path):
    error = refused("x = 1\ny = 1 / 0")

    assert f"({tmp_path / 'own.py'}:2)" in error.message


def test_a_module_that_talks_while_it_is_imported_is_understood(refused):
    text = "import os, sys\nprint('hello')\nos.system('echo there')\nprint('!', file=sys.stderr)\n"

    assert "has no function run" in refused(text).message


def test_a_traceback_shows_the_hint(refused):
    error = refused("import nowhere")

    assert error.__notes__ == [f"hint: {error.hint}"]
    assert "module_directory" in error.hint


def test_a_traceback_shows_what_is_added_to_the_hint():
    error = UsageError("no", hint="Go back.")
    error.hint = f"{error.hint} Try again."

    assert error.__notes__ == ["hint: Go back. Try again."]


def test_a_module_that_is_not_there(refused):
    assert "The module other cannot be imported" in refused(module="other").message


@pytest.mark.parametrize("name", ["", "--help", ".own", "lib/own"])
def test_what_is_no_name_of_a_module(refused, name):
    assert refused(module=name).message == f"{name!r} is not a module name."


def test_a_directory_without_the_module(refused, tmp_path):
    error = refused(module_directory="lib")

    assert error.message == f"There is no module own in {tmp_path / 'lib'}."


def test_a_function_for_the_results_is_looked_at_too(refused):
    text = f"{RUN}def total(): ..."

    assert "has no function sum_up" in refused(text, postprocess_func="sum_up").message
    error = refused(text, postprocess_func="total")
    assert "cannot be called with the list of results" in error.message


@pytest.mark.parametrize(
    ("params", "more", "said"),
    [
        ([], {}, "params is empty"),
        ([1, 2], {"job_names": ["a"]}, "There are 2 items of params, and 1 job_names."),
        ([1, 2], {"job_names": ["a", "a"]}, "job_names has 'a' 2 times."),
        ([{"a": [1, {2}]}], {}, "params[0]['a'][1] is no JSON: its type is set."),
        ([1, float("nan")], {}, "params[1] is nan, which JSON does not have."),
    ],
)
def test_items_and_names_that_do_not_fit(refused, params, more, said):
    assert said in refused(params=params, **more).message


def test_what_the_server_refuses_leaves_nothing_behind(refused):
    assert "999999" in refused(resource_requirements_id=999_999).message
    assert "999999" in refused(depends_on_job_ids=[999_999]).message
