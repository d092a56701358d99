"""What is brought to Neo4j's Browser: the style knows every label and type of the graph and nothing
else, in colours that can be told apart and read; the saved queries are those of the cookbook.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

import graph.stores.neo4j
from api.report.style import KINDS
from graph.model import ENTITIES, LISTING_FIELDS, RELATIONS
from graph.stores.neo4j.names import LABELS, TYPES, camel
from tests.stores.cookbook import ROOT, SAVED, files

CYPHER: Final = Path(graph.stores.neo4j.__file__).parent / "cypher"
STYLE: Final = (ROOT / "docs" / "neo4j" / "linkrisk.grass").read_text("utf-8")
_RULE: Final = re.compile(r"([a-z]+(?:\.\w+)?) \{\n((?:  [a-z-]+: [^:;\n]+;\n)+)\}\n+")
_TEXT: Final = "\n".join(path.read_text("utf-8") for path in CYPHER.glob("*.cypher"))
NODE: Final = {"diameter", "color", "border-color", "border-width", "text-color-internal",
               "font-size", "caption"}  # fmt: skip
TIE: Final = {"color", "shaft-width", "font-size", "padding", "text-color-external",
              "text-color-internal", "caption"}  # fmt: skip


def parsed() -> dict[str, dict[str, str]]:
    """The rules. Browser reads a style by single characters and knows no comments, takes a value
    with a colon for none, and lets later rules overrule earlier ones: so they are plain here."""
    found = {}
    at = 0
    while at < len(STYLE):
        rule = _RULE.match(STYLE, at)
        assert rule, f"no rule: {STYLE[at : at + 60]!r}"
        assert rule[1] not in found
        lines = rule[2].strip().split("\n")
        found[rule[1]] = dict(line.strip().rstrip(";").split(": ", 1) for line in lines)
        at = rule.end()
    return found


RULES: Final = parsed()


def labels() -> set[str]:
    """Every label that the store gives."""
    ours = set(re.findall(r"FOR \(n:(\w+)\)", (CYPHER / "schema.cypher").read_text("utf-8")))
    return ours | set(LABELS.values())


def types() -> set[str]:
    """Every type of relationship that the store makes."""
    return set(TYPES.values()) | set(re.findall(r"\[\w*:([A-Z][A-Z_]+)[ \]]", _TEXT))


def test_the_style_knows_what_is_in_the_graph_and_nothing_else() -> None:
    made = {f"node.{label}" for label in labels()} | {f"relationship.{kind}" for kind in types()}
    assert set(RULES) == {"node", "relationship", *made}
    assert {"DESCRIBES", "IDENTIFIED_BY", "READ_FROM"} < types()


def test_what_has_two_labels_is_styled_by_the_closer() -> None:
    order = list(RULES)
    for label in LABELS.values():
        assert order.index("node.Subject") < order.index(f"node.{label}")
    assert order.index("node.Record") < order.index("node.Listing")


@pytest.mark.parametrize("selector", RULES)
def test_a_rule_is_whole(selector: str) -> None:
    rule = RULES[selector]
    assert set(rule) <= (NODE if selector.startswith("node") else TIE)
    assert {"color", "caption"} <= set(rule)
    assert re.fullmatch(r"'[^']+'", rule["caption"])
    for name in ("color", "border-color", "text-color-internal", "text-color-external"):
        assert name not in rule or re.fullmatch("#[0-9a-f]{6}", rule[name])
    for name in ("diameter", "border-width", "font-size", "shaft-width", "padding"):
        assert name not in rule or re.fullmatch(r"\d+px", rule[name])


def test_captions_are_properties_that_are_there() -> None:
    for kind, label in LABELS.items():
        shown = set(re.findall(r"\{(\w+)\}", RULES[f"node.{label}"]["caption"]))
        assert shown <= {"name", "id", *map(camel, ENTITIES[kind].keys)}
        assert shown & {"name"}
    for kind, name in TYPES.items():
        caption = RULES[f"relationship.{name}"]["caption"]
        fields = RELATIONS[kind].fields
        assert set(re.findall(r"\{(\w+)\}", caption)) <= set(map(camel, fields))
        assert "<type>" in caption
        wanted = "{share}" if "share" in fields else "{amount}" if "amount" in fields else ""
        assert wanted in caption
    for label in labels() - set(LABELS.values()):
        for shown in re.findall(r"\{(\w+)\}", RULES[f"node.{label}"]["caption"]):
            made = re.search(rf":{label} \{{[^}}]*\b{shown}:", _TEXT)
            assert made or shown in {*LISTING_FIELDS, "name", "value"}, label


def test_colours_are_those_of_the_pictures_and_can_be_read() -> None:
    """Each kind has a colour of its own; its caption stands out from it 4.5:1, a line
    from the ground 3:1 (WCAG 2.2)."""
    for kind, label in LABELS.items():
        assert RULES[f"node.{label}"]["color"] == KINDS[kind][0]
    for selector, rule in RULES.items():
        if selector.startswith("node"):
            assert contrast(rule["color"], rule["text-color-internal"]) >= 4.5
        else:
            assert contrast(rule["color"], "#ffffff") >= 3
    assert all(grey(RULES[f"node.{label}"]["color"]) for label in ("Record", "Batch", "File"))


def grey(colour: str) -> bool:
    """Whether a colour is nearly none."""
    parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return max(parts) - min(parts) < 24


def contrast(one: str, other: str) -> float:
    """The ratio of two colours' luminance as WCAG has it."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_saved_queries_are_those_of_the_cookbook() -> None:
    """`python -m tests.stores.cookbook` writes them anew."""
    assert {path: path.read_text("utf-8") for path in SAVED.glob("*")} == files()


def test_the_page_leads_to_both() -> None:
    page = (ROOT / "docs" / "guides" / "cypher-cookbook.md").read_text("utf-8")
    for link in re.findall(r"\]\((\.\./[^)]+)\)", page):
        assert (ROOT / "docs" / "guides" / link).exists()
    assert "linkrisk.grass" in page
