"""Functions of a user's module: where the module is, the program that calls them, the functions."""

from __future__ import annotations

import inspect
import site
import sys
import sysconfig
import traceback
from collections.abc import Callable
from contextvars import ContextVar
from importlib import import_module
from importlib.machinery import PathFinder
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple, cast

from torc_core.errors import TorcError, UsageError

_WHERE = "Put it into the current directory, install it here, or give module_directory."
_being_imported: ContextVar[str | None] = ContextVar("being_imported", default=None)


class Refusal(NamedTuple):
    """Why a function cannot be called: what the program says that checks it."""

    message: str
    hint: str = ""


def program(what: str, module: str, directory: Path | None, *functions: str) -> list[str]:
    """Return the arguments of a process that does something with functions of a module.

    It runs with the present interpreter. The current directory is not searched (`-P`): a file
    there could have the name of a module of Python or torc.

    Args:
        what: `call`, `collect` or `check`; see `torc_core.api.__main__`.
        module: The module.
        directory: Where it is, if it has to be said.
        *functions: Their names.
    """
    place = [] if directory is None else ["--directory", str(directory)]
    return [sys.executable, "-P", "-m", "torc_core.api", what, *place, module, *functions]


def directory_of(module: str, given: str | Path | None) -> Path | None:
    """Return the directory that a job has to add to its path for a module.

    Nothing is imported. None if it is installed, or if only the interpreter itself can find it.

    Args:
        module: Its name, with those of its packages.
        given: The directory in which it is said to be.

    Raises:
        UsageError: It is not in the given directory, or its name is none.
    """
    if not all(map(str.isidentifier, module.split("."))):
        raise UsageError(
            f"{module!r} is not a module name.", hint="Write it as in an import: package.module"
        )
    top = module.partition(".")[0]
    paths = [*sys.path, ""] if given is None else [str(Path(given).expanduser().absolute())]
    spec = PathFinder.find_spec(top, paths)
    if spec is None and given is not None:
        raise UsageError(f"There is no module {module} in {paths[0]}.", hint=_WHERE)
    if spec is None:
        return None
    if given is not None:
        return Path(paths[0])
    packages = list(spec.submodule_search_locations or ())
    if not packages and not spec.has_location:  # part of the interpreter
        return None
    directory = Path(packages[0] if packages else str(spec.origin)).absolute().parent
    return None if directory in _installed() else directory


def load(module: str, name: str, directory: Path | None) -> Callable[..., Any]:
    """Import a module and return one of its functions.

    Args:
        module: The module.
        name: The function; `Class.method` is possible.
        directory: Searched before all other directories.

    Raises:
        UsageError: The module cannot be imported, or has no such function.
    """
    if directory is not None:
        sys.path.insert(0, str(directory))
    token = _being_imported.set(module)
    try:
        imported = import_module(module)
    except Exception as error:
        raise UsageError(
            f"The module {module} cannot be imported: {_cause(error)}", hint=_hint_for(error)
        ) from error
    finally:
        _being_imported.reset(token)
    try:
        function = attrgetter(name)(imported)
    except AttributeError as error:
        place = getattr(imported, "__file__", None) or "built in"
        raise UsageError(f"The module {module} ({place}) has no function {name}.") from error
    if not callable(function):
        raise UsageError(
            f"{module}.{name} is not a function, but of type {type(function).__name__}."
        )
    return cast("Callable[..., Any]", function)  # mypy narrows what is Any to no type at all


def module_being_imported() -> str | None:
    """Return which user's module `load` imports now: what runs is the module's own body."""
    return _being_imported.get()


def check_takes(function: Callable[..., Any], *names: str) -> None:
    """Refuse a function that cannot be called with so many arguments.

    Args:
        function: The function.
        *names: What the arguments are, for the error.

    Raises:
        UsageError: It takes others.
    """
    try:
        signature = inspect.signature(function)
    except ValueError:  # not written in Python
        return
    try:
        signature.bind(*names)
    except TypeError as error:
        name = getattr(function, "__name__", "a function")
        raise UsageError(
            f"{name}{signature} cannot be called with {' and '.join(names)}: {error}."
        ) from error


def _cause(error: Exception) -> str:
    """Return an error of a module with the place where it was raised, on one line."""
    if isinstance(error, TorcError):
        return error.message
    text = traceback.format_exception_only(error)[-1].strip()
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.startswith("<frozen")][1:]
    return f"{text} ({own[-1].filename}:{own[-1].lineno})" if own else text


def _hint_for(error: Exception) -> str:
    if isinstance(error, TorcError):
        return error.hint
    return _WHERE if isinstance(error, ModuleNotFoundError) else ""


def _installed() -> set[Path]:
    """Return the directories that every program of this interpreter searches."""
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    return {Path(sysconfig.get_paths()[name]) for name in names} | {
        Path(site.getusersitepackages())
    }
