"""Places of texts in a column, against a walk through all of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from graph.heap import Texts, arrow, pack
from graph.named import Named, text_order

# Few letters, so that texts repeat and begin alike; some of two to four bytes, in both planes.
_TEXT = st.text(alphabet="ab:\x00é名\ud7ff\ue000𠮷", max_size=3)


@given(st.lists(_TEXT, max_size=40), st.lists(_TEXT, max_size=10), st.lists(_TEXT, max_size=10))
def test_every_place_and_no_other(base: list[str], came: list[str], asked: list[str]) -> None:
    texts = arrow(base)
    named = Named(Texts(*pack(texts)), text_order(texts))
    named.note((text, place) for place, text in enumerate(came, len(base)) if text)
    whole = base + came
    for text in {*whole, *asked} - {""}:
        assert named.places(text) == [i for i, each in enumerate(whole) if each == text]
    assert named.places("") == [], "no text is no name"
    assert named.places("\ud800") == []
