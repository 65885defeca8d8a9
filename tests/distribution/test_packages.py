"""The wheel and the source distribution: what is in them, and that an installed torc works."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

from distribution.environments import ROOT, Built, Environment

from torc_core import __version__

PACKAGES = ("torc_core", "torc_server", "torc_tui")
PROGRAMS = ("torc", "torc-server", "torc-htpasswd", "torc-slurm-job-runner", "torc-dash")
EXAMPLES = """
from torc_core.operations.definition.examples import list_examples
found = list_examples()
print(len(found), found[1].name)
"""


def files(*folders: str) -> set[str]:
    """Return the files of this tree below these folders."""
    return {
        str(path.relative_to(ROOT))
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_holds_the_packages_and_nothing_else(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as wheel:
        held = set(wheel.namelist())
        metadata = wheel.read(f"torc_tui-{__version__}.dist-info/METADATA").decode()

    described = {name for name in held if ".dist-info/" in name}
    examples = {f"torc_core/examples/{Path(name).name}" for name in files("examples/yaml")}
    assert held - described == files(*PACKAGES) | examples
    assert {"torc_core/py.typed", "torc_server/py.typed", "torc_tui/py.typed"} <= held
    assert {"torc_tui/torc.tcss", "torc_tui/plots/page.html"} <= held
    assert f"torc_tui-{__version__}.dist-info/licenses/LICENSE" in described
    assert f"\nVersion: {__version__}\n" in metadata


def test_the_source_distribution_holds_what_a_packager_needs(built: Built) -> None:
    with tarfile.open(built.sdist) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}

    assert names >= files(*PACKAGES, "docs", "examples") | {"tests/conftest.py"}
    assert names >= {"LICENSE", "README.md", "CHANGELOG.md", "CONTRIBUTING.md"}
    assert names >= {"pyproject.toml", "constraints.txt", "PKG-INFO"}
    assert not [name for name in names if name.endswith(".pyc") or name.startswith(".venv")]


def test_an_installed_torc_works_and_goes_without_a_trace(
    built: Built, environment: Environment
) -> None:
    before = set(environment.site_packages.rglob("*"))
    environment.uv("pip", "install", "--no-deps", "--compile-bytecode", built.wheel)

    assert (
        str(environment.site_packages)
        in environment(
            "python", "-c", "import torc_core, torc_server, torc_tui; print(torc_tui.__file__)"
        ).stdout
    )
    assert environment("python", "-c", EXAMPLES).stdout == "10 hundred_jobs\n"
    for name in PROGRAMS:
        assert environment(name, "--version").stdout == f"{name}, version {__version__}\n"
        assert environment(name, "--help").returncode == 0
    try:
        runs_an_example(environment)
        shows_the_interface(environment)
    finally:
        environment("torc", "server", "stop")
    with environment.serving():
        pass

    environment.uv("pip", "uninstall", "torc-tui")

    assert set(environment.site_packages.rglob("*")) == before
    assert not any(Path(environment.program(name)).exists() for name in PROGRAMS)


def runs_an_example(environment: Environment) -> None:
    done = environment("torc", "run", ROOT / "examples" / "yaml" / "diamond_workflow.yaml")
    assert done.returncode == 0, done.stderr
    assert (environment.home / "output" / "diamond" / "mean.txt").read_text() == "50\n"


def shows_the_interface(environment: Environment) -> None:
    screen = environment.open("torc", "tui")
    try:
        screen.wait_for("diamond_workflow", "postprocess")
        screen.send("q")
        assert screen.wait_for_end() == 0
    finally:
        screen.close()
