#!/bin/bash
# Runs before solve.sh is tried again, and makes its tolerance ten times larger.

exponent=$(cat output/solver/tolerance.txt)
echo $((exponent - 1)) > output/solver/tolerance.txt
echo "job $TORC_JOB_NAME, attempt $TORC_ATTEMPT_ID: exit code $TORC_RETURN_CODE," \
    "the tolerance is now 1e-$((exponent - 1))"
