from pathlib import Path

from torc_core.config.sources import load_client
from torc_core.host.directories import config_files


def test_configuration_files_are_looked_for_from_the_system_to_the_project(tmp_path: Path):
    files = config_files()
    assert [file.path for file in files] == [
        Path("/etc/torc/config.toml"),
        tmp_path / "config" / "torc" / "config.toml",
        Path("torc.toml"),
    ]


def test_settings_come_from_these_files(tmp_path: Path):
    user = config_files()[1].path
    user.parent.mkdir(parents=True)
    user.write_text("[client.run]\nnum_cpus = 3\n")
    assert load_client({}).run.num_cpus == 3


def test_no_other_module_knows_a_directory_of_torc():
    root = Path(__file__).parents[3]
    names = ("platformdirs", "/etc/torc", "XDG_STATE_HOME", "XDG_CONFIG_HOME", '"torc.toml"')
    knowing = {
        str(path.relative_to(root))
        for package in ("torc_core", "torc_server", "torc_tui")
        for path in (root / package).rglob("*.py")
        if any(name in path.read_text("utf-8") for name in names)
    }
    assert knowing == {"torc_core/host/directories.py"}
