"""What is asked of a view of the graph, by what it is about; `graph.snapshot` is the whole."""
