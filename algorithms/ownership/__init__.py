"""Who owns and who controls: shares solved as a linear system, votes as a fixpoint."""
