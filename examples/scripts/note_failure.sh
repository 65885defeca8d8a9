#!/bin/bash
# Runs before a simulation is tried again, and notes what has happened.

echo "$TORC_JOB_NAME, attempt $TORC_ATTEMPT_ID: exit code $TORC_RETURN_CODE" \
    >> "$TORC_OUTPUT_DIR/recovery.log"
