"""What is wrong is reported with its place, its name and the right one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.config.layers import Option
from torc_core.config.places import line_of
from torc_core.config.rust_log import general_level
from torc_core.config.sources import Loaded, load_client
from torc_core.errors import UsageError

PROFILE = "client.hpc.custom_profiles.a"
PARTITION = f"""\
[[{PROFILE}.partitions]]
name = "x"
cpus_per_node = 1
memory_mb = 1
max_walltime_secs = 1
"""


IS_PORT = "it must be a whole number from 0 to 65,535."


@pytest.mark.parametrize(
    ("line", "words", "text"),
    [
        (2, "there is no setting client.formt. Did you mean client.format?", "[client]\nformt = 1"),
        (1, "there is no setting clint. Did you mean client?", "[clint]\nformat = 'json'"),
        (3, "client.num_cpus. Did you mean client.run.num_cpus?", "[client]\n\n  num_cpus = 1"),
        (1, "there is no setting api_url. Did you mean client.api_url?", "api_url = 'x'"),
        (1, "Did you mean client.run.num_cpus?", "client.run.num_cpu = 1"),
        (2, "there is no setting client.run.x.", "[client]\nrun = {x = 1}"),
        (1, "client is 1; it must be a table.", "client = 1"),
        (2, f"server.port is 65536; {IS_PORT}", "[server]\nport = 65536"),
        (2, f"server.port is true; {IS_PORT}", "[server]\nport = true"),
        (2, "server.https is true; it must be false: this server", "[server]\nhttps = true"),
        (2, "server.url is 1979-05-27; it must be text.", "[server]\nurl = 1979-05-27"),
        (2, "is 'so'; it must be true or false.", "[server]\nrequire_auth = 'so'"),
        (2, "is [1]; it must be a list of texts.", "[server]\nadmin_users = [1]"),
        (3, "no setting dash.hst. Did you mean dash.host?", "[dash]\nport = 8090\nhst = 'x'"),
        (None, f"{PROFILE} lacks partitions.", f"[{PROFILE}]\ndisplay_name = 'A'"),
        (2, f"{PROFILE}.partitions is 5; it must be a list", f"[{PROFILE}]\npartitions = 5"),
        (1, f"{PROFILE}.partitions.1.min_nodes is 0;", f"{PARTITION}min_nodes = 0"),
        (1, f"{PROFILE}.partitions.1 lacks max_walltime_secs.", PARTITION.replace("max", "#")),
        (None, "it is not TOML: Expected ']'", "[client"),
    ],
)
def test_a_fault_of_a_file_is_named_with_its_line(folder, line, words, text):
    folder.write("local", text)

    loaded = Loaded(environ={})

    (problem,) = loaded.problems
    assert problem.place == ("torc.toml" if line is None else f"torc.toml:{line}")
    assert words in problem.line
    assert loaded.configuration == Loaded(only_options=True).configuration


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("TORC_SERVER__PRT", "1", "there is no setting server.prt. Did you mean server.port?"),
        ("TORC_SERVER__LOGGING__LOG_DR", "x", "Did you mean server.logging.log_dir?"),
        ("TORC_DASH__STANDALONE", "perhaps", "it must be true or false"),
        ("TORC_LOG_DIR", "a\udcffb", "it must be text"),
        ("TORC_CLIENT__HPC__CUSTOM_PROFILES__A__PARTITIONS", "x", "it must be a list of tables"),
        ("TORC_CREDENTIAL_CACHE_TTL_SECS", "-1", "it must be a number from 0"),
        ("TORC_CONFIG", "/nonexistent", "there is no file /nonexistent"),
    ],
)
def test_a_fault_of_a_variable_is_named(name, value, words):
    (problem,) = Loaded(environ={name: value}).problems
    assert problem.line.startswith(f"{name}: ")
    assert words in problem.line
    problem.line.encode()


def test_one_underscore_too_few_is_noted_and_no_fault():
    loaded = Loaded(environ={"TORC_CLIENT_API_URL": "x", "TORC_SERVER_PORT": "tcp://10.0.0.1:80"})
    assert loaded.problems == []
    hints = [note.hint for note in loaded.notes]
    assert hints == [
        "Did you mean TORC_CLIENT__API_URL?",
        "Did you mean TORC_SERVER__PORT?",
    ]


def test_what_has_no_effect_is_noted(folder):
    folder.write("local", "[server]\ncompletion_check_interval_secs = 9\n[client.watch]\nx = 1\n")
    loaded = Loaded(environ={"TORC_ADMIN_USERS": "ada,bob"})
    assert loaded.problems == []
    assert [note.line.partition(" changes")[0] for note in loaded.notes] == [
        "torc.toml:2: server.completion_check_interval_secs",
        "torc.toml:3: client.watch",
        "TORC_ADMIN_USERS: server.admin_users",
    ]
    assert loaded.configuration.server.admin_users == ("ada", "bob")


@pytest.mark.parametrize(
    ("spelling", "path", "value", "rule"),
    [
        ("--url", ("api_url",), "htp://x", "the URL of a server"),
        ("--format", ("format",), "xml", ""),
        ("--theme", ("tui", "theme"), "pink", ""),
    ],
)
def test_a_value_of_the_command_line_is_named_as_it_was_given(spelling, path, value, rule):
    option = Option(("client", *path), spelling, value)

    with pytest.raises(UsageError) as error:
        Loaded("client", environ={}, options=[option]).check()

    assert error.value.message.startswith(f"{spelling} is '{value}'; it must be {rule}")
    assert error.value.hint == ""  # no file is to be corrected


def test_of_a_wrong_option_and_a_wrong_variable_the_variable_is_to_be_corrected():
    option = Option(("client", "format"), "--format", "xml")

    with pytest.raises(UsageError) as error:
        Loaded("client", environ={"TORC_API_URL": "nonsense"}, options=[option]).check()

    variable, line = error.value.message.splitlines()
    assert variable.startswith("TORC_API_URL: client.api_url is 'nonsense'")
    assert line.startswith("--format is 'xml'")
    assert error.value.hint == "Correct them, then check: torc config validate"


def test_all_faults_are_reported_at_once(folder):
    folder.write("local", "[client]\nformt = 1\nformat = 'xml'\n")
    with pytest.raises(UsageError) as error:
        load_client({"TORC_API_URL": "nonsense"})
    assert [line.split(" ")[0] for line in error.value.message.splitlines()] == [
        "torc.toml:2:",
        "torc.toml:3:",
        "TORC_API_URL:",
    ]
    assert "torc config validate" in error.value.hint


def test_a_file_that_cannot_be_read_is_named(folder):
    folder.files["user"].mkdir(parents=True)
    (problem,) = Loaded(environ={}).problems
    assert problem.line == f"{folder.files['user']}: it cannot be read: Is a directory."


TOML = """\
[a]
x = 1

[a."b c"]
y.z = 2
[b]
# x = 5
text = '''
x = 7'''
[[t]]
u = [
  1,
]
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("a x", 2),
        ("a b_c y z", 5),
        ("a b_c y", 4),
        ("a b_c n", 4),
        ("b text", 8),
        ("t u", 11),
        ("t 1 u", 10),
        ("n", None),
    ],
)
def test_the_line_of_a_key_is_found_or_that_of_its_table(path, line):
    names = tuple(name.replace("_", " ") for name in path.split())
    assert line_of(TOML, names) == line


@given(st.text(max_size=200), st.lists(st.text(max_size=5), min_size=1, max_size=3).map(tuple))
def test_looking_for_a_line_never_fails(text, path):
    line = line_of(text, path)
    assert line is None or 1 <= line <= len(text.splitlines())


@pytest.mark.parametrize(
    ("rust_log", "level"),
    [
        ("", None),
        ("debug", "debug"),
        ("WARN", "warn"),
        ("off", "error"),
        ("torc=debug,info", "info"),
        ("torc::server::auth=debug,info", "info"),
        ("torc=debug,sqlx=warn", "debug"),
        ("torc::server::auth=trace,torc::server=warn", "warn"),
        ("sqlx=warn,hyper=debug", None),
        ("loud", None),
        (" info , hyper = warn ", "info"),
    ],
)
def test_a_filter_of_other_programs_gives_the_most_general_level(rust_log, level):
    assert general_level(rust_log) == level


@given(st.text())
def test_no_filter_is_an_obstacle(rust_log):
    loaded = Loaded(environ={"RUST_LOG": rust_log})
    assert loaded.problems == []
