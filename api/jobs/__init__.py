"""Jobs: long work that answers 202 at once, is followed, called off, and its result fetched."""
