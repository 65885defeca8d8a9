"""Recovery: why jobs failed, what is changed of what they require, and which run again."""
