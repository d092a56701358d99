"""The command line's own verbs, one module a group; imported when one of them is called."""
