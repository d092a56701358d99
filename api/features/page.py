"""docs/features.md: what each feature means, made from the dictionary."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Final

from algorithms.features.making import DEFAULT, GROUPS, dictionary, group
from algorithms.features.table import KINDS, VERSION, WINDOWS, Feature

_WINDOW: Final = re.compile(r"_(\d+d|ever)$")
_HEAD: Final = """\
# Features

For models of one's own: a table of every account, company, person or phone as of a day.
供自建模型使用的特征表: 某日的每个账户、企业、自然人或电话一行。

```
linkrisk features --as-of 2024-06-30 --kind account --out features/
linkrisk features --describe --kind account
```

```python
risk.features(kind="account", as_of="2024-06-30")  # a pandas DataFrame, rows by id
```

`POST /v1/features` makes a table and says what it is (a large one as a job, with `Prefer:
respond-async`), `GET /v1/features` sends it as Parquet, `GET /v1/features/dictionary` is this page
as JSON. The file is
`DIR/KIND/DAY/KNOWN-DIGEST/features.parquet`; its schema holds what each column means (`en`, `zh`,
`unit`, `window_days`) and, under the key `linkrisk`, the day, the moment as of which it was known,
the snapshot's hash, the version of the definitions ({version}) and the digest of each group.

- **As of a day.** Nothing that happened or began after the end of the day (+08:00) is in a table,
  nor what was recorded after `--known-at`. Later facts change no bit of it. What a record says of
  its subject (form, capital) is as known at that moment: for a model that is to be trained on the
  past, give `--known-at` of the past. 无泄漏: 不含当日之后的任何事实。
- **Rows** are all subjects of the kind that had begun by then, by canonical id, which discloses
  nobody; those whose use is restricted have none. No name, number or other identifier is in it.
- **Not known is NaN**, never 0: the mean of no amounts, the ratio to nothing.
- **Listings.** A listing is in force until its end; one that was taken off (lifted, repaired)
  until the day of that, which is its `valid_to` (`until` is the end that was planned). Where that
  day is not said, no day is known on which it was in force: load it with the day, or ask as it was
  known before (`--known-at`). 移出的名单以 valid_to 为移出日;
  未载明移出日的, 不计为任何一日有效。
- **Windows** end with the day: `_7d` is the seven days up to and with it. Others are asked for by
  `--windows`.
- **Money** is in yuan; amounts in other currencies count as transfers whose amount is not known.
  What a subject pays to itself counts nowhere. Transfers of people and companies are those of the
  accounts that they hold: an account's holder is who held it last by the day, of several the one
  with the least id; an account that nobody is known to hold stands for itself. An amount is less
  than 4.6e16 yuan; sums may be more, rounded to what a number can hold; what was passed on counts
  up to 9.2e16 yuan. 合计可超出单笔上限, 按浮点数取舍; 转出部分最多计 9.2e16 元。
- **Domains.** A caller who is not granted the bank's data gets no column that reads it;
  `propagated` and `findings`, which read everything, are for callers who are granted all domains.
- **Incremental.** The same question on the same facts is not computed again. For another day, or
  after a batch, a group is taken over from an earlier table where all that it reads is the same:
  `ownership` and `shared` read what is true on a day, whichever day; the others look back from it,
  so they are taken over where no fact of the kinds they read came, changed or was lost.
  `propagated` and `findings` are computed for every snapshot and day. 增量: 仅重算受影响的特征组。
- **Erasure.** The service's own tables go where anything is erased; those that were written into a
  folder are for their owner to delete. 服务自存的特征表随删除请求一并清除。
- `findings` takes long and is computed only where it is asked for by name.
"""


def features_page() -> str:
    """The page."""
    parts = [_HEAD.format(version=VERSION)]
    parts.append(f"Groups: {', '.join(f'`{name}`' for name in GROUPS)}; by default"
                 f" {', '.join(f'`{name}`' for name in DEFAULT)}.\n")  # fmt: skip
    for kind in KINDS:
        parts.append(f"## {kind}\n")
        meanings = dictionary(kind, GROUPS)
        parts.append(f"{len(meanings)} columns.\n")
        for name, own in groupby(meanings, key=lambda each: each.group):
            lines = (group(name).__doc__ or "").strip().partition("\n\n")[0]
            parts.append(f"### {kind}: {name}\n\n{lines}\n")
            parts.append(_table(list(own)))
    return "\n".join(parts)


def _table(meanings: list[Feature]) -> str:
    """A row a feature; those of several windows are one."""
    rows = ["| feature | meaning | 含义 | unit |", "|---|---|---|---|"]
    known: dict[str, list[str]] = {}
    first: dict[str, Feature] = {}
    for each in meanings:
        found = _WINDOW.search(each.name)
        stem = each.name[: found.start()] if found else each.name
        known.setdefault(stem, []).extend([found[1]] if found else [])
        first.setdefault(stem, each)
    for stem, ends in known.items():
        each = first[stem]
        name = f"`{stem}_` {', '.join(ends)}" if ends else f"`{stem}`"
        en, zh = each.en, each.zh
        if ends:
            en = en.replace(f" in the last {WINDOWS[0]} days", "")
            zh = zh.removeprefix(f"近{WINDOWS[0]}天")
        rows.append(f"| {name} | {en} | {zh} | {each.unit} |")
    return "\n".join(rows) + "\n"
