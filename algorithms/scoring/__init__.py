"""A model of risk: trained as of a day, measured on a later one, explained, kept and watched.

It orders the work of investigators and of monitoring. It is never a basis for extending a measure
to anybody: what extends (`algorithms.extension`) does not know that it exists.
"""
