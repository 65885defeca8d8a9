"""The logs below an output directory: found, put into bundles, searched for errors."""
