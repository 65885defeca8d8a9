"""What the interface knows, apart from how it is drawn: plain Python, no Textual."""
