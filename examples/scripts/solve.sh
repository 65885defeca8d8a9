#!/bin/bash
# A solver that converges only with a tolerance of 1e-4 or more; otherwise it exits with 10.

mkdir -p output/solver
[ "$TORC_ATTEMPT_ID" -gt 1 ] || echo 6 > output/solver/tolerance.txt
exponent=$(cat output/solver/tolerance.txt)
if [ "$exponent" -gt 4 ]; then
    echo "no convergence with a tolerance of 1e-$exponent" >&2
    exit 10
fi
echo "converged with a tolerance of 1e-$exponent"
