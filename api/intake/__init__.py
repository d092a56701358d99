"""Facts that come in over HTTP."""
