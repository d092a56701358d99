"""What the product does where the law leaves it open; a deployment may set it otherwise."""

from __future__ import annotations

import os
from typing import Final

import msgspec

from graph.errors import WrongUsage

SUSPENDS: Final = "LINKRISK_OBJECTION_SUSPENDS"
_WORDS: Final = {"1": True, "yes": True, "true": True, "0": False, "no": False, "false": False}


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """`objection_suspends`: an objection that is not answered yet suspends the extension.

    行政处罚法 art. 73 does not ask for it; the record is marked either way.
    """

    objection_suspends: bool = True


def from_environment() -> Policy:
    """The policy that LINKRISK_OBJECTION_SUSPENDS (yes or no) sets; raises WrongUsage."""
    text = os.environ.get(SUSPENDS, "yes").strip().lower()
    if text not in _WORDS:
        raise WrongUsage(f"{SUSPENDS}: yes or no, not {text[:20]!r}")
    return Policy(objection_suspends=_WORDS[text])
