"""Folding: many at once are what each is alone; what folds together and what stays apart."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.names.folding import fold, fold_all, text_of, units_of

MIXED = st.text("aAＡbß 　华華贸貿发髮（）()·,.-\n\t1１İǰé𠮷ㄅ한", max_size=8)


@pytest.mark.parametrize(("written", "folded"), [
    ("華夏貿易（深圳）有限公司", "华夏贸易深圳有限公司"),
    ("ＡＢＣ　Trading Co., Ltd.", "abc trading co ltd"),
    ("Straße", "strasse"), ("ﬁn", "fin"),
    ("张 三", "张三"), ("买买提·艾合买提", "买买提艾合买提"), ("A股 B股", "a股b股"),
    ("  x\n\ty ", "x y"), ("\0\0\0", ""),
    ("O'Neil-Smith", "o neil smith"), ("", ""), ("…", "..."), ("㈱", "株"),
])  # fmt: skip
def test_what_names_fold_to(written: str, folded: str) -> None:
    assert fold(written) == folded


@settings(max_examples=200, deadline=None)
@given(st.lists(MIXED | st.text(max_size=5), max_size=8))
def test_many_at_once_are_what_each_is_alone(texts: list[str]) -> None:
    assert fold_all(texts) == [fold(text) for text in texts]


@settings(max_examples=200, deadline=None)
@given(MIXED | st.text(max_size=8))
def test_folding_again_changes_nothing_that_a_search_would_miss(text: str) -> None:
    """What was shown folded is found again: folding is stable but for the letters that casefold
    and normal forms take turns at."""
    once = fold(text)
    assert fold(fold(once)) == fold(once)
    assert "\n" not in once
    assert once == once.strip()
    assert bool(once) == bool(text.replace("\0", " ").split())


@given(st.text(max_size=8))
def test_units_are_the_text(text: str) -> None:
    assert text_of(units_of(text)) == text
