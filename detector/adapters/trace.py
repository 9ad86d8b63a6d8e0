"""Signatures as plain columns, in the engines that corpora are made with: candidates are found by a join.

hashes = ray.data.read_parquet("crawl/").map_batches(signatures, batch_format="pyarrow")          # Ray
hashes = frame.mapInArrow(lambda blocks: map(signatures, blocks), "id string, hash bigint")      # Spark
hashes = signatures(connection.sql("from 'crawl/*.parquet'").to_arrow_table())                    # DuckDB
connection.sql(CANDIDATES)
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from detector.adapters.arrow import texts, values
from detector.adapters.extras import needs
from detector.text.document import Document
from detector.trace.candidates import FEWEST_SHARED, MOST_PAIRED
from detector.trace.marks import Marker
from detector.trace.signatures import sign_text

with needs("pyarrow", "parquet"):
    import pyarrow as pa

Block: TypeAlias = Any  # a pyarrow.Table or a pyarrow.RecordBatch: pyarrow has no types

#: The candidates of a table or view `hashes`, in SQL that DuckDB and Spark understand. Of hashes that many documents have
#: nothing is said here: `detector trace` joins each with its neighbours, so that a family of many copies stays together.
CANDIDATES = f"""
select one.id as a, other.id as b, count(*) as shared
from hashes as one
join hashes as other on one.hash = other.hash and one.id < other.id
where one.hash in (select hash from hashes group by hash having count(*) between 2 and {MOST_PAIRED})
group by one.id, other.id
having count(*) >= {FEWEST_SHARED}
"""


def signatures(block: Block, *, text_field: str = "text", id_field: str = "id", text_format: str = "auto") -> pa.Table:
    """Return the columns `id` and `hash` of a block: a row for each sampled shingle of each text.

    A hash is 64 bits with a sign, since engines have no other. What is no text has no rows. Raises ConfigError where there
    is no column of texts, or of ids.
    """
    marker = Marker()
    ids = values(block.column(id_field)) if id_field in block.schema.names else texts(block, id_field)
    columns: list[tuple[list[str], np.ndarray[Any, np.dtype[np.int64]]]] = []
    for id, text in zip(ids, texts(block, text_field), strict=True):
        if isinstance(text, str):
            hashes = sign_text(Document.from_text(text, format=text_format).prose.text, marker).hashes
            columns.append(([str(id)] * len(hashes), hashes.view(np.int64)))
    return pa.table(
        {
            "id": pa.array([id for names, _ in columns for id in names], pa.string()),
            "hash": pa.array(np.concatenate([np.empty(0, np.int64), *(hashes for _, hashes in columns)]), pa.int64()),
        }
    )
