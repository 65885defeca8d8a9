"""`torc workflows convert`."""

from __future__ import annotations

from pathlib import Path

import click

from torc_core.errors import ConflictError
from torc_core.operations.definition.transfer.files import document_to_write
from torc_core.spec import read_spec
from torc_core.spec.convert import Format
from torc_core.spec.convert import convert as convert_spec
from torc_tui.cli.command import argument, command
from torc_tui.cli.output.diagnostics import say
from torc_tui.cli.output.formats import print_text
from torc_tui.cli.settings import Settings, pass_settings


@command(
    examples=[
        "torc workflows convert workflow.yaml --to kdl",
        "torc workflows convert workflow.kdl --to yaml -o workflow.yaml",
    ]
)
@argument("file", type=click.Path(), help="A workflow file; `-` for standard input.")
@click.option(
    "--to",
    "target",
    type=click.Choice([str(each) for each in Format]),
    required=True,
    help="The format to write.",
)
@click.option("-o", "--output", metavar="FILE", help="Write to this file; by default to stdout.")
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@pass_settings
def convert(settings: Settings, file: str, *, target: str, output: str | None, force: bool) -> None:
    """Write a workflow file in another format; it describes the same workflow.

    Comments are lost, and YAML's anchors are written out.
    """
    if output is not None and not force and Path(output).exists():
        raise ConflictError(f"{output} exists.", hint="Add --force to replace it.")
    converted = convert_spec(read_spec(file), Format(target))
    for sentence in converted.lost:
        say(sentence)
    if output is None:
        print_text(converted.text)
        return
    with document_to_write(output) as out:
        out.write(converted.text.encode())
    settings.output.message(
        f"Wrote {output}.", {"status": "success", "output_file": output, "format": target}
    )
