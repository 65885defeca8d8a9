from torc_core.runner.policy import output_paths


def test_files_have_the_names_that_the_tools_of_the_reference_look_for():
    assert output_paths.stdio_directory("/o") == "/o/job_stdio"
    assert output_paths.job_stdio("/o", 7, 5, 2, 3) == "/o/job_stdio/job_wf7_j5_r2_a3"
    assert output_paths.action_stdio("/o", 7, 4, 2) == "/o/job_stdio/action_wf7_a4_r2"
    assert output_paths.action_stdio("/o", 7, 4, 2, 5) == "/o/job_stdio/action_wf7_a4_r2_n5"
    assert output_paths.runner_logs("/o", "here", 7, 2, 5) == (
        "/o/job_runner_here_wf7_r2.log",
        "/o/job_runner_here_wf7_r2_n5.log",
    )
    assert (
        output_paths.slurm_log("/o", "slurm_env", 7, 99, 1, 33)
        == "/o/slurm_env_wf7_sl99_n1_pid33.log"
    )
    assert (
        output_paths.metrics_database("/o", "x") == "/o/resource_utilization/resource_metrics_x.db"
    )
