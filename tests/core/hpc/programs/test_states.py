import pytest

from torc_core.hpc.slurm.programs.states import STATES, Cause, Phase, read_state


@pytest.mark.parametrize("text", ["CANCELLED", "CANCELLED by 1000", "CANCELLED+", " cancelled\n"])
def test_a_canceled_job_is_known_in_all_its_spellings(text):
    state = read_state(text)
    assert (state.name, state.phase, state.cause) == ("CANCELLED", Phase.ENDED, Cause.CANCELED)


def test_an_ended_job_has_a_cause_and_no_other_has_one():
    for state in STATES.values():
        assert (state.cause is not None) == (state.phase is Phase.ENDED)
        assert read_state(state.name) is state


@pytest.mark.parametrize("text", ["HIBERNATING", "", "ON FIRE"])
def test_an_unknown_word_is_kept_as_it_is(text):
    state = read_state(text)
    assert (state.name, state.phase, state.cause) == (text, None, None)
