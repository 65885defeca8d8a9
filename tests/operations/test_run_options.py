"""Commands and keys run with the options of the configuration, unless others are given."""

from __future__ import annotations

from operations.situations import Stage
from tui.driving import interface
from waiting import wait_for

from torc_core.config.schema import ClientSettings, RunSettings
from torc_core.host.runs import RunState, list_runs
from torc_core.operations.run_options import runner_options
from torc_tui.screens.dialogs.confirm import Confirm

CONFIGURED = ClientSettings(
    log_level="warn",
    run=RunSettings(poll_interval=2.0, output_dir="elsewhere", max_parallel_jobs=3, num_cpus=2),
)


def test_what_is_not_chosen_is_configured():
    options = runner_options(CONFIGURED, output_dir=None, num_cpus=7, poll_interval=None)
    assert (options.output_dir, options.num_cpus) == ("elsewhere", 7)
    assert (options.poll_interval_s, options.max_parallel_jobs) == (2.0, 3)
    assert options.log_level == "warn"


async def test_the_key_runs_with_the_configured_options(server, client, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    workflow = Stage(client, "configured")
    async with interface(server.url, (160, 48), run_options=runner_options(CONFIGURED)) as ui:
        await ui.open("configured")
        await ui.press("x")
        await ui.wait_for(lambda: isinstance(ui.screen, Confirm))
        await ui.press("y")
        await ui.wait_for(f"Started #{workflow.id} configured in the background")

    (meta,) = [run.meta for run in list_runs() if run.meta.workflow_id == workflow.id]
    assert meta.output_dir == str(tmp_path / "elsewhere")
    assert meta.options["max_parallel_jobs"] == 3
    wait_for(lambda: list_runs()[0].state is RunState.ENDED, "the runner to exit")
