"""The jobs of a workflow as a graph: read, laid out in layers, and drawn with box lines."""
