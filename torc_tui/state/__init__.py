"""The state behind the interface: plain Python, no Textual."""
