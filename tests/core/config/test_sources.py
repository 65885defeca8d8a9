"""Every key and every variable, in each layer: what is in force, and where it comes from."""

from __future__ import annotations

import tomllib

import msgspec
import pytest

from torc_core.config.bounds import Bounds, OnlyFalse, ServerUrl, Words
from torc_core.config.keys import NAME, dotted, settings_of
from torc_core.config.layers import Kind, Option
from torc_core.config.schema import Configuration
from torc_core.config.sources import Loaded
from torc_core.config.toml import in_force, without_secrets

SETTINGS = [each for each in settings_of(Configuration) if NAME not in each.path]
WITHOUT_TABLES = [each for each in SETTINGS if not isinstance(each.field.default, dict)]
IN_FILES = [each for each in WITHOUT_TABLES if not each.field.key.is_secret]
FURTHER = [(setting, variable) for setting in SETTINGS for variable in setting.field.key.variables]


def some_values(setting):
    """Return values that are allowed and no default, weakest layer first; one if it has no more."""
    field, rule = setting.field, setting.field.key.rule
    if isinstance(rule, OnlyFalse):
        return [False]
    if isinstance(rule, Words):
        return [word for word in rule.words if word != field.default]
    if isinstance(rule, Bounds):
        return [field.kind(rule.low + each) for each in range(1, 7)]
    if isinstance(rule, ServerUrl):
        return [f"http://host{each}:1" for each in range(6)]
    if field.kind is bool:
        return [not field.default]
    return [("a", str(each)) if "tuple" in str(field.kind) else f"t{each}" for each in range(6)]


def toml(setting, value):
    shown = msgspec.json.encode(value).decode()
    return f"[{dotted(setting.path[:-1])}]\n{setting.path[-1]} = {shown}\n"


def text(value):
    if isinstance(value, tuple):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def at(values, path):
    for name in path:
        values = getattr(values, name)
    return values


def ids(setting):
    return dotted(setting.path)


def assert_in_force(loaded, setting, value, kind, name):
    assert loaded.problems == []
    assert at(loaded.configuration, setting.path) == value
    assert loaded.origin(*setting.path) == (kind, name)
    table = in_force(loaded).split(f"[{dotted(setting.path[:-1])}]\n")[1].split("\n\n")[0]
    lines = [line for line in table.splitlines() if line.startswith(f"{setting.path[-1]} = ")]
    assert [line.rpartition("  # ")[2] for line in lines] == [name]


@pytest.mark.parametrize("setting", IN_FILES, ids=ids)
def test_each_key_in_each_layer_overrides_the_weaker_ones(folder, setting):
    values = some_values(setting) * 6
    environ = {}
    for (name, file), value in zip(folder.files.items(), values, strict=False):
        if name == "TORC_CONFIG":
            environ[name] = str(file)
        source = folder.write(name, toml(setting, value))
        loaded = Loaded(environ=environ)
        assert_in_force(loaded, setting, value, Kind.FILE, source)

    environ[setting.variable] = text(values[4])
    loaded = Loaded(environ=environ)
    assert_in_force(loaded, setting, values[4], Kind.VARIABLE, setting.variable)

    option = Option(setting.path, "--option", text(values[5]))
    loaded = Loaded(environ=environ, options=[option])
    assert_in_force(loaded, setting, values[5], Kind.OPTION, "--option")


@pytest.mark.parametrize(
    ("setting", "variable"), FURTHER, ids=[f"{v.name}-{dotted(s.path)}" for s, v in FURTHER]
)
def test_each_further_variable_is_stronger_than_its_prefixed_one_unless_a_fallback(
    folder, setting, variable
):
    low, high = some_values(setting)[:2]
    environ = {variable.name: text(high)}
    shown = Loaded(environ=environ)
    assert at(shown.configuration, setting.path) == high
    assert shown.origin(*setting.path).name == variable.name
    assert f"# {variable.name}" in in_force(shown)

    if not setting.field.key.is_secret:
        environ[setting.variable] = text(low)
        winner = setting.variable if variable.is_fallback else variable.name
        assert Loaded(environ=environ).origin(*setting.path).name == winner

        source = folder.write("local", toml(setting, low))
        del environ[setting.variable]
        winner = source if variable.is_fallback else variable.name
        assert Loaded(environ=environ).origin(*setting.path).name == winner


def test_the_documented_keys_exist():
    documented = {
        "client": "api_url format log_level username",
        "client.run": "poll_interval output_dir max_parallel_jobs num_cpus memory_gb num_gpus",
        "server": "log_level https url port threads database auth_file require_auth "
        "enforce_access_control admin_users completion_check_interval_secs "
        "credential_cache_ttl_secs",
        "server.logging": "log_dir json_logs",
        "dash": "host port api_url torc_bin torc_server_bin standalone server_port database "
        "completion_check_interval_secs",
    }
    names = {f"{table}.{key}" for table, keys in documented.items() for key in keys.split()}
    assert names <= {dotted(setting.path) for setting in SETTINGS}


def test_these_are_the_documented_further_variables():
    assert {variable.name for _, variable in FURTHER} == {
        *("TORC_API_URL", "TORC_PASSWORD", "TORC_TOKEN", "TORC_AUTH_FILE", "TORC_LOG_DIR"),
        *("TORC_COMPLETION_CHECK_INTERVAL_SECS", "TORC_ADMIN_USERS", "DATABASE_URL", "RUST_LOG"),
        *("TORC_CREDENTIAL_CACHE_TTL_SECS", "TORC_ALLOWED_HOSTS", "TORC_BIN"),
    }


def test_tables_are_merged_key_by_key(folder):
    folder.write("system", '[server]\nport = 1\nurl = "h"\n')
    folder.write("user", "[server]\nport = 2\n[client.run]\nnum_cpus = 3\n")

    loaded = Loaded(environ={"TORC_CLIENT__RUN__NUM_GPUS": "4"})

    server, run = loaded.configuration.server, loaded.configuration.client.run
    assert (server.port, server.url, run.num_cpus, run.num_gpus) == (2, "h", 3, 4)


def test_empty_variables_count_as_not_set():
    environ = {"TORC_API_URL": "", "TORC_CLIENT__RUN__NUM_CPUS": "", "RUST_LOG": ""}
    loaded = Loaded(environ=environ)
    assert (loaded.problems, loaded.sources) == ([], [])


def test_only_the_tables_of_interest_are_looked_at(folder):
    folder.write("local", "[server]\nprot = 1\n[dash]\nport = -1\n")
    environ = {"TORC_SERVER__PORT": "x", "TORC_LOG_DIR": "/logs"}

    assert Loaded("client", environ=environ).problems == []
    assert len(Loaded("server", environ=environ).problems) == 2


def test_with_only_options_nothing_else_is_read(folder):
    folder.write("local", "nonsense")
    options = [Option(("server", "port"), "--port", "0")]
    loaded = Loaded(environ={"TORC_SERVER__PORT": "9"}, options=options, only_options=True)
    assert (loaded.problems, loaded.configuration.server.port) == ([], 0)


def test_secrets_are_masked_and_taken_from_their_own_variables_only(folder):
    environ = {"TORC_PASSWORD": "hunter2", "TORC_TOKEN": "hunter2"}
    environ["TORC_API_URL"] = "http://ada:hunter2@host:1"
    loaded = Loaded(environ=environ)
    shown = in_force(loaded) + str(without_secrets(loaded.configuration))
    assert loaded.configuration.client.password == "hunter2"
    assert "hunter2" not in shown
    assert shown.count("***") == 8

    folder.write("local", "[client]\npassword = 17\ntoken = 'hunter2'\n")
    loaded = Loaded(environ={"TORC_CLIENT__PASSWORD": "hunter2"})
    lines = [problem.line for problem in loaded.problems]
    places = ["torc.toml:2:", "torc.toml:3:", "TORC_CLIENT__PASSWORD:"]
    assert [line.split(" ")[0] for line in lines] == places
    assert not [line for line in lines if "hunter2" in line or "17" in line]
    assert loaded.configuration.client.password is None


def test_what_is_in_force_is_a_configuration_that_says_the_same(folder):
    folder.write("local", HPC + '[client]\nusername = "a\\"\\\\\\u009b\\u202e"\n')
    before = Loaded(environ={"TORC_SERVER__ADMIN_USERS": "ada bob"})
    assert before.problems == []

    folder.write("local", in_force(before))

    assert tomllib.loads(in_force(before)) == _present(without_secrets(before.configuration))
    assert Loaded(environ={}).configuration == before.configuration


def _present(table):
    found = {
        name: _present(value) if isinstance(value, dict) else value
        for name, value in table.items()
        if value is not None
    }
    return {
        name: [_present(each) if isinstance(each, dict) else each for each in value]
        if isinstance(value, list)
        else value
        for name, value in found.items()
    }


HPC = """\
[client.hpc.profile_overrides.kestrel]
default_account = "mine"

[client.hpc.custom_profiles."my cluster"]
display_name = "My"
detect_env_var = "MY=research"

[[client.hpc.custom_profiles."my cluster".partitions]]
name = "compute"
cpus_per_node = 64
memory_mb = 256000
max_walltime_secs = 172800

[[client.hpc.custom_profiles."my cluster".partitions]]
name = "gpu"
cpus_per_node = 32
memory_mb = 128000
max_walltime_secs = 86400
gpus_per_node = 4
gpu_type = "A100"
"""


def test_profiles_of_hpc_systems_are_typed(folder):
    folder.write("user", HPC)
    folder.write("local", '[client.hpc.custom_profiles."my cluster"]\ndescription = "d"\n')

    hpc = Loaded(environ={}).configuration.client.hpc

    assert hpc.profile_overrides["kestrel"].default_account == "mine"
    profile = hpc.custom_profiles["my cluster"]
    assert (profile.display_name, profile.description) == ("My", "d")
    assert [(each.name, each.gpus_per_node) for each in profile.partitions] == [
        ("compute", None),
        ("gpu", 4),
    ]
