"""The actions of a workflow on this machine: when their turn comes, and how they are executed."""
