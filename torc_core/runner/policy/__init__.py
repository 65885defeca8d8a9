"""What a runner decides, without doing it. Pure: time comes from a `Clock` or as an argument."""
