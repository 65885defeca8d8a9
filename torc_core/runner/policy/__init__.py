"""What a runner decides, without doing it: pure, with the clock as an argument."""
