"""Commands: what bash is given to run, when it is not needed, and how large they may be."""
