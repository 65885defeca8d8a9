"""What jobs used over time: read from the databases of their runs, summed up, thinned out."""
