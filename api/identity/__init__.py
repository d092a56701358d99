"""Who is who: runs of the resolver, the queue of pairs to be reviewed, judgements and why."""
