"""The lines above the panes: where the user is, how the server is, how far the workflow is."""
