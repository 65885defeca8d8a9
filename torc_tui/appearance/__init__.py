"""How the interface looks in this terminal: themes, numbers of colors, characters, background."""
