"""One module per noun; `torc_tui.cli.root` names them all."""
