"""Draw the pictures of the documentation: the real interface, on real workflows that run.

python docs/pictures.py            all of them, into docs/images
python docs/pictures.py help jobs  some of them
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
from collections.abc import Collection
from pathlib import Path

os.environ["TEXTUAL_ANIMATIONS"] = "none"

from picture_drawing import svg
from picture_list import PICTURES, REST, Picture, Seen, Stage
from picture_workflows import Study
from textual.pilot import Pilot

from torc_core.host.connect import Choice, connect
from torc_core.host.embedded_server import stop_server
from torc_core.model.ids import WorkflowId
from torc_core.runner.policy.options import RunnerOptions
from torc_tui.app import TorcApp
from torc_tui.appearance.appearance import Appearance
from torc_tui.appearance.palettes import PALETTES
from torc_tui.state.recent import note_visit
from torc_tui.state.servers.destination import Destination

IMAGES = Path(__file__).parent / "images"
USER, HOME = "ann", "/home/ann"
PATIENCE_S = 100.0
_REST_S, _MOST_LOOKS = 0.3, 10


async def draw(picture: Picture, place: str) -> str:
    """Return what the interface shows after these keys, as SVG."""
    app = TorcApp(
        Destination(lambda: connect(Choice(user=USER))),
        user=USER,
        run_options=RunnerOptions(workflow_id=WorkflowId(0)),
        appearance=Appearance(picture.theme, is_ascii=picture.is_ascii),
    )
    async with app.run_test(size=picture.size) as pilot:
        for step in picture.steps:
            if step is REST:
                await until_at_rest(pilot)
            elif isinstance(step, Seen):
                await until_seen(pilot, step)
            else:
                await pilot.press(step)
        await until_at_rest(pilot)
        palette = PALETTES[picture.theme]
        colors = palette.foreground, palette.background
        drawn = svg(app.screen._compositor.render_strips(), colors, {place: HOME})  # noqa: SLF001
        app.exit()
    return drawn


def seen(pilot: Pilot[None]) -> str:
    """Return what is on the screen, as text."""
    strips = pilot.app.screen._compositor.render_strips()  # noqa: SLF001 - there is no other way
    return "\n".join(strip.text for strip in strips)


async def until_seen(pilot: Pilot[None], text: str) -> None:
    """Wait until a text is on the screen."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while text not in seen(pilot):
                await pilot.pause(0.05)
    except TimeoutError:
        raise RuntimeError(f"{text!r} is not to be seen:\n{seen(pilot)}") from None


async def until_at_rest(pilot: Pilot[None]) -> None:
    """Wait until nothing changes, or for a while if jobs run."""
    before = None
    for _ in range(_MOST_LOOKS):
        await pilot.pause(_REST_S)
        if before == (before := seen(pilot)):
            return


def advance(study: Study, stage: Stage) -> None:
    """Bring the study to its next stage."""
    match stage:
        case Stage.RUNNING:
            study.start()
        case Stage.FAILED:
            study.wait()
        case Stage.RECOVERED:
            study.recover()
    if stage is not Stage.RUNNING:
        note_visit()  # so that runs that are over are not offered


def main() -> None:
    """Run the study, and draw at each of its stages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="pictures; all by default")
    parser.add_argument("--to", type=Path, default=IMAGES, help="the directory for them")
    options = parser.parse_args()
    folder, names = options.to.absolute(), options.names or list(PICTURES)
    if unknown := set(names) - set(PICTURES):
        parser.error(f"no such pictures: {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory() as place:
        for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "TORC_API_URL"):
            os.environ.pop(name, None)
        os.environ.update(HOME=place, USER=USER, LOGNAME=USER)
        os.chdir(place)
        study = Study()
        try:
            for stage in range(max(PICTURES[name].stage for name in names) + 1):
                advance(study, Stage(stage))
                draw_stage(Stage(stage), names, folder, place)
        finally:
            stop_server()


def draw_stage(stage: Stage, names: Collection[str], folder: Path, place: str) -> None:
    """Draw those of the named pictures that belong to a stage."""
    for name, picture in PICTURES.items():
        if name in names and picture.stage is stage:
            drawn = asyncio.run(draw(picture, place))
            (folder / f"{name}.svg").write_text(drawn, "utf-8")


if __name__ == "__main__":
    main()
