"""`torc-dash`: the interface in a browser, and pages for what a terminal in a page lacks."""
