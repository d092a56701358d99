"""What goes out in bulk: changes in the order of recording, all facts, long answers by lines."""
