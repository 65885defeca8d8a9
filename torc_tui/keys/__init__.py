"""Which key does what: the table of actions, the keys of the user, bindings, sentences."""
