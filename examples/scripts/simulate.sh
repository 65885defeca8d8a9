#!/bin/bash
# simulate.sh MODEL SCENARIO: fails in its first attempts, as often and for the reason that the two say.

model=$1
scenario=$2
case $scenario in
1) failures=$((model - 1)) code=10 reason="no convergence" ;;
2) failures=1 code=11 reason="the scratch directory is full" ;;
3) failures=$((model > 1)) code=99 reason="unknown" ;;
esac
if [ "$TORC_ATTEMPT_ID" -le "$failures" ]; then
    echo "model $model, scenario $scenario: $reason" >&2
    exit "$code"
fi
echo "model $model, scenario $scenario: done in attempt $TORC_ATTEMPT_ID"
