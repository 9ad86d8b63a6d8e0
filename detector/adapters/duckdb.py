"""DuckDB: a function in SQL that scores a text.

from detector.adapters.duckdb import register

register(connection)
connection.sql("create table scored as select *, unspun(text) as unspun from 'crawl/*.parquet'")
connection.sql("from scored where unspun.verdict is distinct from 'spun'")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from detector.adapters.arrow import score_array, values
from detector.adapters.extras import needs
from detector.adapters.scoring import FIELD, TextScorer
from detector.options import Options

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_FINDING = 'struct("start" bigint, "end" bigint, "text" varchar, "rule" varchar, score double, suggestions varchar[])'
TYPE = f"struct(verdict varchar, probability double, reason varchar, findings {_FINDING}[], error varchar)"


def register(
    connection: DuckDBPyConnection, options: Options | None = None, *, name: str = FIELD, text_format: str = "auto"
) -> TextScorer:
    """Make the function `name(text)` known to a connection; return its scorer, whose `close` ends what it loaded.

    The function gives a struct of verdict, probability, reason, findings and error, for NULL, too. DuckDB calls it from one
    thread at a time: `options.jobs` processes score. Raises ExtraError where DuckDB is not installed.
    """
    with needs("duckdb", "duckdb"):
        import duckdb  # noqa: F401
    scorer = TextScorer(options, text_format=text_format)
    register: Any = connection.create_function  # its types name enums of one release, where every release takes words
    register(
        name,
        lambda texts: score_array(scorer.score(values(texts))),  # no `def`: DuckDB evaluates its annotations
        ["varchar"],
        TYPE,
        type="arrow",
        null_handling="special",  # NULL is a text that is missing
        side_effects=True,  # it has none; but without, DuckDB scores a text again for a condition on the scores
    )
    return scorer
