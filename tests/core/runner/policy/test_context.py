from torc_core.runner.policy.context import gpu_names


def test_gpus_that_were_stated_but_not_found_have_plain_numbers():
    assert gpu_names(("a", "b", "c"), 2) == ("a", "b")
    assert gpu_names(("a",), 3) == ("a", "1", "2")
    assert gpu_names((), 0) == ()
    assert gpu_names(("2", "0"), 4) == ("2", "0", "3", "1"), "no name stands for two devices"
