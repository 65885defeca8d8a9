"""How wrong workflow files are described: one mistake, written in every format that can hold it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import yaml


class Spec(NamedTuple):
    """A wrong workflow file."""

    number: int
    """Of its class."""
    name: str
    file: str
    content: bytes
    says: tuple[str, ...]
    """What the message contains, whatever the case of its letters."""


JOB = {"name": "a", "command": "true"}
ONE = "jobs: [{name: a, command: 'true'}]"
KDL_ONE = 'job "a" { command "true" }'


def _json5(value: Any) -> str:
    """Return a value as only JSON5 can write it: bare names, single quotes, a trailing comma."""
    match value:
        case dict():
            members = (f"{_key(key)}: {_json5(item)},\n" for key, item in value.items())
            return "{" + "".join(members) + "}"
        case list():
            return "[" + "".join(f"{_json5(item)}," for item in value) + "]"
        case str() if value.isascii() and value.isprintable() and not set(value) & {"'", "\\"}:
            return f"'{value}'"
    return json.dumps(value)


def _key(name: str) -> str:
    return name if name.isidentifier() else f"'{name}'"


FORMATS: dict[str, Callable[[Any], str]] = {
    # The dumper in C: some have 20,000 jobs, and every process of the tests makes them.
    "w.yaml": lambda tree: yaml.dump(tree, Dumper=yaml.CSafeDumper, sort_keys=False),
    "w.json": lambda tree: json.dumps(tree, indent=1),
    "w.json5": _json5,
}


def text(number: int, name: str, file: str, content: str | bytes, *says: str) -> Iterator[Spec]:
    """Yield a file as it is."""
    content = content.encode() if isinstance(content, str) else content
    yield Spec(number, name, file, content, (file, *says))


def tree(
    number: int, name: str, /, *says: str, kdl: str = "", jobs: Any = (JOB,), **fields: Any
) -> Iterator[Spec]:
    """Yield a workflow in every format.

    Args:
        number: Of its class.
        name: What is wrong.
        *says: What the message contains.
        kdl: What a KDL file has beside its name, to say the same.
        jobs: Its jobs.
        **fields: Its other fields; None leaves one out.
    """
    jobs = list(jobs) if isinstance(jobs, tuple) else jobs
    tree = {
        key: value
        for key, value in ({"name": "x"} | fields | {"jobs": jobs}).items()
        if value is not None
    }
    for file, write in FORMATS.items():
        place = f"{file}:" if tree.get("name") and jobs is not None else file
        yield Spec(number, name, file, write(tree).encode(), (place, *says))
    if kdl:
        yield Spec(number, name, "w.kdl", f'name "x"\n{kdl}\n'.encode(), ("w.kdl", *says))


def job(number: int, name: str, /, *says: str, kdl: str = "", **fields: Any) -> Iterator[Spec]:
    """Yield a workflow of one job, with these fields."""
    yield from tree(number, name, *says, kdl=kdl, jobs=(JOB | fields,))


def needs(number: int, name: str, /, *says: str, **fields: Any) -> Iterator[Spec]:
    """Yield a workflow with requirements, with these fields."""
    needs = {"name": "r", "num_cpus": 1, "memory": "1g", "runtime": "PT1H"} | fields
    lines = "; ".join(f"{key} {_kdl(value)}" for key, value in needs.items() if key != "name")
    kdl = f'resource_requirements "r" {{ {lines} }}\n{KDL_ONE}'
    yield from tree(number, name, *says, kdl=kdl, resource_requirements=[needs])


def _kdl(value: Any) -> str:
    return f"#{json.dumps(value)}" if isinstance(value, bool) else json.dumps(value)


def values(number: int, values: Any, *says: str) -> Iterator[Spec]:
    """Yield a workflow of jobs with the values of one parameter."""
    job = {"name": "a{i}", "command": "true", "parameters": {"i": values}}
    kdl = f'job "a{{i}}" {{ command "true"; parameters {{ i {json.dumps(values)} }} }}'
    yield from tree(number, f"values {str(values)[:20]}", *says, kdl=kdl, jobs=(job,))
