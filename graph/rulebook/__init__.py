"""The rulebook: what the law lets a measure do beyond the one that it was imposed on.

`load_rulebook(edition=None, day=None)` gives one edition as a `Rulebook`; what stands in it is in
`graph.rulebook.rules`. `until(day, duration)` counts a term. No row, no extension:
nothing here decides by itself.
"""

from graph.rulebook.durations import until
from graph.rulebook.load import load_editions, load_rulebook, pick
from graph.rulebook.rules import Rule, Rulebook
from graph.rulebook.source import BadRulebook, Problem

__all__ = [
    "BadRulebook",
    "Problem",
    "Rule",
    "Rulebook",
    "load_editions",
    "load_rulebook",
    "pick",
    "until",
]
