"""Call every method of the client of this environment: `python driver.py VERSION URL`.

Runs inside a client's environment. Prints one line of JSON for each public method of each API
class: `{"api": class, "method": name, "problem": what is wrong, or nothing}`.
Every call is checked for the type that the method declares, whichever case makes it.
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from pydantic import TypeAdapter

warnings.simplefilter("ignore")  # what the clients' own dates are deprecated for

from cases import access, jobs, records, workflows  # noqa: E402, F401 - they fill CASES
from cases.world import CASES  # noqa: E402
from torc.openapi_client import ApiClient, Configuration, api  # noqa: E402

VARIANTS = ("_with_http_info", "_without_preload_content")
"""Ends of the names of methods that are the same call, answered in a rawer form."""

WORLDS = {"0.12.3": ("cases.only_0_12", "World012"), "0.35.0": ("cases.only_0_35", "World035")}


def public_methods(api_class: type) -> Iterator[str]:
    """Yield the names of the methods that make a call of their own."""
    for name, _function in inspect.getmembers(api_class, inspect.isfunction):
        if not name.startswith("_") and not name.endswith(VARIANTS):
            yield name


def checked(method: Callable[..., Any], called: set[str]) -> Callable[..., Any]:
    """Return the method such that it notes its calls and answers only what it declares."""
    declared = TypeAdapter(inspect.signature(method).return_annotation)

    @wraps(method)
    def call(*arguments: Any, **named: Any) -> Any:
        called.add(method.__name__)
        return declared.validate_python(method(*arguments, **named), strict=True)

    return call


def problem_of(name: str, make_world: Callable[[], Any], called: set[str]) -> str:
    """Run the cases of a method; return what is wrong, or nothing."""
    if name not in CASES:
        return "there is no case for it"
    for case in CASES[name]:
        called.clear()
        try:
            case(make_world())
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
            place = traceback.extract_tb(error.__traceback__)
            line = next((one.line for one in reversed(place) if "cases" in one.filename), "")
            return f"{type(error).__name__}: {getattr(error, 'body', error)} at {line}"
        if name not in called:
            return "its case does not call it"
    return ""


def main(version: str, url: str) -> None:
    """Print the outcome of every method."""
    called: set[str] = set()
    classes = [found for _, found in inspect.getmembers(api, inspect.isclass)]
    for api_class in classes:
        for name in public_methods(api_class):
            setattr(api_class, name, checked(getattr(api_class, name), called))
    module_name, world_name = WORLDS[version]
    module = importlib.import_module(module_name)
    client = ApiClient(Configuration(host=url))

    def make_world() -> Any:
        return getattr(module, world_name)(client)

    known = set()
    for api_class in classes:
        for name in public_methods(api_class):
            known.add(name)
            problem = problem_of(name, make_world, called)
            line = {"api": api_class.__name__, "method": name, "problem": problem}
            print(json.dumps(line))  # noqa: T201 - its output
    assert known >= CASES.keys(), f"cases without a method: {CASES.keys() - known}"


if __name__ == "__main__":
    main(*sys.argv[1:])
