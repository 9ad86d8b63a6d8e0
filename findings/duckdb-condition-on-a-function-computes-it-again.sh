#!/bin/sh
# duckdb 2.0.1 (PyPI): a Python function whose result is filtered on in an outer query runs again for the rows that remain.
#
# Guess: `select * from (select n, f(n) as y from t) where y …` calls f once a row: the inner query has a column y, and the
#        default of create_function, side_effects=False, only promises that a call may be left out or its result used twice.
# Seen:  the condition is pushed below the projection with the call in it, and the projection calls f again for every row
#        that passes: 3,000 rows of which 2,000 pass are 5,000 calls, for the `with … as` form too. A costly function (a
#        model) pays that in full, and a cheap condition beside it (n < 1500) does not come first: 4,000 calls for 1,000 rows.
#        side_effects=True, which says that f is less harmless, makes it 3,000 calls, and with the cheap condition 1,500, since
#        that one is still pushed below the function. `as materialized` helps as well.
# Exits with another code than 0 when that has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'duckdb==2.0.1' 'pyarrow==26.0.1' 'numpy==2.4.6'
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import duckdb
import pyarrow.compute as pc

INNER = "select n, f(n) as y from range(3000) as r(n)"
QUERIES = {
    "subquery": f"select * from ({INNER}) where y > 0",
    "with": f"with s as ({INNER}) select * from s where y > 0",
    "with … as materialized": f"with s as materialized ({INNER}) select * from s where y > 0",
    "and a condition on another column": f"select * from ({INNER}) where y > 0 and n < 1500",
}
calls = 0


def remainder(numbers):
    global calls
    calls += len(numbers)
    return pc.cast(pc.subtract(numbers, pc.multiply(pc.divide(numbers, 3), 3)), "int64")


seen = []
for side_effects in (False, True):
    connection = duckdb.connect()
    connection.create_function("f", remainder, ["bigint"], "bigint", type="arrow", side_effects=side_effects)
    for name, query in QUERIES.items():
        calls = 0
        rows = len(connection.execute(query).fetchall())
        seen.append((rows, calls))
        print(f"side_effects={side_effects!s:5}  {name}: {rows} rows, f called for {calls}")
sys.exit(seen != [(2000, 5000), (2000, 5000), (2000, 3000), (1000, 4000), (2000, 3000), (2000, 3000), (2000, 3000), (1000, 1500)])
PYTHON
