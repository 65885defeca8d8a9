"""One recovery, from its preconditions over its steps to what is said of it."""
