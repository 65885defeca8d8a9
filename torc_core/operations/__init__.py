"""Everything a user can do, implemented once for all interfaces.

An operation is proposed, agreed to, and carried out. `propose_...` looks at the server and at this
machine and returns a `Proposal`, or raises what forbids it; nothing is changed by then. `carry_out`
reports its warnings, asks its question, performs it and returns the result with its sentence. What
is allowed is decided by pure functions of the facts; interfaces parse, ask and show.
"""
