"""FinBench's complex reads as plain SQL over its tables (transaction workload, arXiv:2306.15975).

Amounts are in cents. A window is open at both ends, as the specification has it; no read truncates.
"""

from __future__ import annotations

import csv
import sqlite3
from pathlib import Path
from typing import Any, Final

_TABLES: Final = {
    "transfer": ("AccountTransferAccount", ("fromId", "toId", "amount", "createTime")),
    "withdraw": ("AccountWithdrawAccount", ("fromId", "toId", "amount", "createTime")),
    "deposit": ("LoanDepositAccount", ("loanId", "accountId", "amount", "createTime")),
    "sign_in": ("MediumSignInAccount", ("mediumId", "accountId", "createTime")),
    "medium": ("Medium", ("mediumId", "mediumType", "isBlocked")),
    "own": ("PersonOwnAccount", ("personId", "accountId")),
    "invest": ("PersonInvestCompany", ("investorId", "companyId", "createTime")),
    "guarantee": ("PersonGuaranteePerson", ("fromId", "toId", "createTime")),
    "apply": ("PersonApplyLoan", ("personId", "loanId", "loanAmount")),
    "loan": ("Loan", ("loanId", "loanAmount")),
    "account": ("Account", ("accountId", "accountType")),
}
_MONEY: Final = {"amount", "loanAmount"}


def tables(folder: Path) -> sqlite3.Connection:
    """The tables of a snapshot folder in memory."""
    db = sqlite3.connect(":memory:")
    for name, (file, columns) in _TABLES.items():
        with (folder / f"{file}.csv").open(encoding="utf-8") as source:
            rows = [
                [round(float(row[c]) * 100) if c in _MONEY else row[c] for c in columns]
                for row in csv.DictReader(source, delimiter="|")
            ]
        db.execute(f"CREATE TABLE {name}({', '.join(columns)})")
        marks = ", ".join("?" * len(columns))
        db.executemany(f"INSERT INTO {name} VALUES({marks})", rows)
    for name, ends in (("transfer", "fromId toId"), ("withdraw", "fromId toId"),
                       ("sign_in", "accountId"), ("guarantee", "fromId")):  # fmt: skip
        for end in ends.split():
            db.execute(f"CREATE INDEX {name}_{end} ON {name}({end})")
    return db


def all_of(db: sqlite3.Connection, sql: str, **given: Any) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    return db.execute(sql, given).fetchall()


# 1: accounts within three transfers in ascending order of time, signed in by a blocked medium.
# What is back at the start goes no further: from there the start's own transfers are met anyway.
READ_1: Final = """
WITH RECURSIVE trail(account, depth, last) AS (
  SELECT toId, 1, createTime FROM transfer
   WHERE fromId = :id AND toId <> :id AND createTime > :start AND createTime < :end
  UNION
  SELECT t.toId, depth + 1, t.createTime FROM trail JOIN transfer t ON t.fromId = account
   WHERE depth < 3 AND t.toId <> :id AND t.createTime > last AND t.createTime < :end)
SELECT DISTINCT account, min(depth), s.mediumId, mediumType
  FROM trail JOIN sign_in s ON s.accountId = account JOIN medium m ON m.mediumId = s.mediumId
 WHERE isBlocked = 'true' AND s.createTime > :start AND s.createTime < :end
 GROUP BY account, s.mediumId ORDER BY 2, 1, 3"""

# 3: length of the shortest path of transfers, -1 where there is none (of at most 12).
READ_3: Final = """
WITH RECURSIVE reached(account, depth) AS (
  SELECT :id1, 0
  UNION
  SELECT t.toId, depth + 1 FROM reached JOIN transfer t ON t.fromId = account
   WHERE depth < 12 AND createTime > :start AND createTime < :end)
SELECT coalesce(min(depth), -1) FROM reached WHERE account = :id2"""

# 4: third accounts of a cycle id1 -> id2 -> other -> id1, with both further legs added up.
READ_4: Final = """
WITH edge AS (SELECT * FROM transfer WHERE createTime > :start AND createTime < :end),
 two AS (SELECT fromId AS other, count(*) n, sum(amount) s, max(amount) m FROM edge
          WHERE toId = :id1 GROUP BY fromId),
 three AS (SELECT toId AS other, count(*) n, sum(amount) s, max(amount) m FROM edge
            WHERE fromId = :id2 GROUP BY toId)
SELECT two.other, two.n, two.s, two.m, three.n, three.s, three.m
  FROM two JOIN three ON two.other = three.other
 WHERE EXISTS (SELECT 1 FROM edge WHERE fromId = :id1 AND toId = :id2)
   AND two.other NOT IN (:id1, :id2)
 ORDER BY two.s DESC, three.s DESC"""

# 5: traces of at most three transfers in ascending order from a person's accounts, over different
# accounts; transfers beside each other are one trace.
READ_5: Final = """
WITH RECURSIVE trail(path, account, depth, last) AS (
  SELECT fromId || '>' || toId, toId, 1, createTime
    FROM own JOIN transfer ON fromId = accountId
   WHERE personId = :id AND fromId <> toId AND createTime > :start AND createTime < :end
  UNION
  SELECT path || '>' || t.toId, t.toId, depth + 1, t.createTime
    FROM trail JOIN transfer t ON t.fromId = account
   WHERE depth < 3 AND t.createTime > last AND t.createTime < :end
     AND instr('>' || path || '>', '>' || t.toId || '>') = 0)
SELECT DISTINCT path FROM trail"""

# 6: accounts with more than three transfers in over a threshold that withdrew to a card.
READ_6: Final = """
WITH two AS (SELECT fromId AS mid, sum(amount) s FROM withdraw
              WHERE toId = :id AND amount > :threshold2
                AND createTime > :start AND createTime < :end
              GROUP BY fromId)
SELECT mid, sum(t.amount), two.s FROM two JOIN transfer t ON t.toId = mid
 WHERE t.fromId <> mid AND t.amount > :threshold1
   AND t.createTime > :start AND t.createTime < :end
 GROUP BY mid HAVING count(*) > 3 ORDER BY two.s DESC, mid"""

# 7: payers, payees and amounts in and out over a threshold.
READ_7: Final = """
WITH edge AS (SELECT * FROM transfer
               WHERE amount > :threshold AND createTime > :start AND createTime < :end)
SELECT (SELECT count(DISTINCT fromId) FROM edge WHERE toId = :id),
       (SELECT count(DISTINCT toId) FROM edge WHERE fromId = :id),
       (SELECT coalesce(sum(amount), 0) FROM edge WHERE toId = :id),
       (SELECT coalesce(sum(amount), 0) FROM edge WHERE fromId = :id)"""

# 10: companies that each of two persons invests in.
READ_10: Final = """
SELECT DISTINCT companyId FROM invest
 WHERE investorId = :id AND createTime > :start AND createTime < :end"""

# 11: loans of all whom a person guarantees, directly or over others, but for the person's own.
READ_11: Final = """
WITH RECURSIVE chain(person) AS (
  SELECT toId FROM guarantee WHERE fromId = :id AND createTime > :start AND createTime < :end
  UNION
  SELECT g.toId FROM chain JOIN guarantee g ON g.fromId = person
   WHERE createTime > :start AND createTime < :end)
SELECT coalesce(sum(loanAmount), 0), count(DISTINCT loanId)
  FROM apply WHERE personId IN (SELECT person FROM chain WHERE person <> :id)"""


def read_8(
    db: sqlite3.Connection, loan: str, threshold: float, start: str, end: str
) -> dict[str, tuple[int, float]]:
    """Distance from the loan and inflow over the loan's amount, by account.

    Level by level: from an account, when first reached, go transfers and withdrawals that are more
    than `threshold` times what reached it on that level.
    """
    db.executescript(
        "DROP TABLE IF EXISTS seen; DROP TABLE IF EXISTS level;"
        "CREATE TEMP TABLE seen(edge PRIMARY KEY, account, amount, depth);"
        "CREATE TEMP TABLE level(account PRIMARY KEY, depth, inflow)"
    )
    db.execute(
        "INSERT INTO seen SELECT 'd' || rowid, accountId, amount, 1 FROM deposit"
        " WHERE loanId = ? AND createTime > ? AND createTime < ?", (loan, start, end),
    )  # fmt: skip
    for depth in (1, 2, 3, 4):
        db.execute(
            "INSERT OR IGNORE INTO level SELECT account, depth, sum(amount) FROM seen"
            " WHERE depth = ? GROUP BY account", (depth,),
        )  # fmt: skip
        for table in ("transfer", "withdraw") if depth < 4 else ():
            db.execute(
                f"INSERT OR IGNORE INTO seen SELECT '{table}' || e.rowid, toId, amount, depth + 1"
                f" FROM level JOIN {table} e ON fromId = account"
                " WHERE depth = ? AND toId <> fromId AND createTime > ? AND createTime < ?"
                " AND amount > ? * inflow", (depth, start, end, threshold),
            )  # fmt: skip
    ((whole,),) = all_of(db, "SELECT loanAmount FROM loan WHERE loanId = :loan", loan=loan)
    rows = all_of(
        db,
        "SELECT s.account, l.depth, sum(s.amount) FROM seen s JOIN level l"
        " ON l.account = s.account GROUP BY s.account",
    )
    return {account: (depth, amount / whole) for account, depth, amount in rows}
