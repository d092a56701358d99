"""An answer as what an analyst goes on with: rows, a frame, a graph."""

from __future__ import annotations

from itertools import chain, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from graph.errors import WrongUsage

if TYPE_CHECKING:
    import networkx
    import pandas
    import polars

# A row's two ends, in the order that an arrow runs, by what algorithms call them.
_ENDS = (
    ("owner", "owned"), ("controller", "controlled"), ("a", "b"), ("holder", "company"),
    ("from", "to"), ("subject", "party"),
)  # fmt: skip


class Answer(dict[str, Any]):
    """An envelope as it was answered: a dict, with `results` at hand in other shapes."""

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The results; [] where the answer has none."""
        return cast(list[dict[str, Any]], self.get("results", []))

    @property
    def cut(self) -> str | None:
        """Why the answer is not whole; None where it is."""
        said = self.get("truncated")
        return None if said is None else str(said["reason"])

    def frame(self) -> pandas.DataFrame:
        """A row a result, a column a field; lists stay lists. Needs pandas; raises WrongUsage."""
        try:
            import pandas
        except ImportError:
            raise WrongUsage("frame() needs pandas: pip install pandas") from None
        return pandas.DataFrame(self.rows)

    def polars(self) -> polars.DataFrame:
        """The same for polars. Needs polars; raises WrongUsage."""
        try:
            import polars
        except ImportError:
            raise WrongUsage("polars() needs polars: pip install polars") from None
        return polars.DataFrame(self.rows, infer_schema_length=None)

    def csv(self, path: str | Path) -> int:
        """Write the results to a CSV file for a spreadsheet, a column a field; how many there were.
        A cell that a spreadsheet would run as a formula begins with an apostrophe."""
        from codecs import BOM_UTF8

        from api.output import write_file
        from api.sheets import csv_lines

        columns = list(dict.fromkeys(name for row in self.rows for name in row))
        lines = (line.encode() for line in csv_lines(columns, self.rows))
        return write_file(Path(path), chain([BOM_UTF8], lines)) - 2  # the mark and the header

    def graph(self) -> networkx.MultiDiGraph:
        """The rows as edges between the subjects that they name, all other fields on the edge.

        Rows that name two ends (owner and owned, controller and controlled, subject and party,
        a and b …) are an edge each; `party` alone is one from the subject that was asked about;
        a ring's `members` follow one another. Raises WrongUsage where rows name no two subjects.
        """
        import networkx

        made = networkx.MultiDiGraph()
        for row in self.rows:
            for start, end in self._edges(row):
                made.add_edge(start, end, **{k: v for k, v in row.items() if v not in (start, end)})
        if self.rows and not made:
            raise WrongUsage(f"rows of {self.get('algorithm', 'this answer')} name no two subjects")
        return made

    def _edges(self, row: dict[str, Any]) -> list[tuple[str, str]]:
        for start, end in _ENDS:
            if start in row and end in row:
                return [(row[start], row[end])]
        asked = self.get("params", {}).get("subject")
        if asked is not None and "party" in row:
            return [(asked, row["party"])]
        for name in ("members", "path", "subjects"):
            if isinstance(members := row.get(name), list) and len(members) > 1:
                return list(pairwise(members))
        return []
