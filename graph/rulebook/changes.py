"""What differs between two rulebooks, thing by thing and field by field."""

from __future__ import annotations

from typing import Any, Final

from graph.rulebook.rules import Rulebook, as_json

SECTIONS: Final = ("documents", "publication", "measures", "rows", "gates")
_HEAD: Final = ("edition", "from", "title", "note", "layers")


def changes(old: Rulebook, new: Rulebook) -> dict[str, Any]:
    """Things added, removed and changed from one rulebook to another, each section by id.

    `{"old","new","head":[field…],"rows":{"added":[…],"removed":[…],"changed":[{"id","fields":
    [{"field","old","new"}]}]},…}`; a field that is absent is null. O(n).
    """
    before, after = as_json(old), as_json(new)
    found: dict[str, Any] = {"old": old.version, "new": new.version}
    found["head"] = _fields({k: before[k] for k in _HEAD}, {k: after[k] for k in _HEAD})
    for section in SECTIONS:
        found[section] = _things(before[section], after[section])
    return found


def _things(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> dict[str, Any]:
    old, new = ({thing["id"]: thing for thing in side} for side in (before, after))
    both = sorted(old.keys() & new.keys())
    return {
        "added": [new[name] for name in sorted(new.keys() - old.keys())],
        "removed": [old[name] for name in sorted(old.keys() - new.keys())],
        "changed": [
            {"id": name, "fields": _fields(old[name], new[name])}
            for name in both
            if old[name] != new[name]
        ],
    }


def _fields(old: dict[str, Any], new: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"field": name, "old": old.get(name), "new": new.get(name)}
        for name in dict.fromkeys((*old, *new))
        if old.get(name) != new.get(name)
    ]
