"""The panes of the main screen: each shows something of the server and owns its keys.

The tabs of an open workflow are listed in `tabs.TABS`. A new tab is a subclass of `base.Tab` in a
module of its own, and one line there.
"""
