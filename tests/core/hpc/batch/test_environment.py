from torc_core.hpc.slurm.batch.submit import environment_for_sbatch


def test_secrets_of_torc_and_its_address_stay_here():
    kept = {"PATH": "/bin", "TORC_LOG_LEVEL": "debug", "SLURM_CONF": "/c", "MY_TOKEN": "mine"}
    torcs = (
        *("TORC_PASSWORD", "TORC_TOKEN", "TORC_CLIENT__PASSWORD", "TORC_CLIENT__TOKEN"),
        *("TORC_API_KEY", "TORC_API_URL", "TORC_CLIENT__API_URL"),
    )
    assert environment_for_sbatch({**kept, **dict.fromkeys(torcs, "x")}, ()) == kept


def test_variables_override_nothing_that_the_script_states():
    stated = {"account", "time", "mem", "job-name"}
    overriding = (
        *("SBATCH_ACCOUNT", "SBATCH_TIMELIMIT", "SBATCH_MEM_PER_NODE", "SBATCH_JOB_NAME"),
        *("SBATCH_ARRAY_INX", "SBATCH_WAIT", "SBATCH_CLUSTERS"),
    )
    kept = {"SBATCH_RESERVATION": "r", "SBATCH_PARTITION": "p"}
    assert environment_for_sbatch({**kept, **dict.fromkeys(overriding, "x")}, stated) == kept


def test_an_allocation_that_torc_runs_in_says_nothing_about_the_next_one():
    environ = {"SLURM_JOB_ID": "7", "SLURM_NTASKS": "8", "SLURM_CONF": "/c", "SLURMD_NODENAME": "n"}
    assert environment_for_sbatch(environ, ()) == {"SLURM_CONF": "/c"}
    assert environment_for_sbatch({"SLURM_HINT": "nomultithread"}, ()) == {
        "SLURM_HINT": "nomultithread"
    }
