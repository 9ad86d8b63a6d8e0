#!/bin/sh
# dolma 1.2.1 (PyPI): a mixer filter with a threshold written as `1` or `.5` matches no score, and every document is kept.
#
# Guess: in the JSONPath of `exclude`, `>= 1`, `>= 1.0` and `>= .5` are numbers like any other; 1.0 is not less than 1.
# Seen:  a number is compared only with one of its own spelling: `>= 1` is false for the score 1.0 (which taggers write)
#        and true for 1, `>= 1.0` the other way round, though `>= 0.5` is true for both; `.5` without its zero is accepted
#        and never true. Nothing is said: the document that was to go stays. Filters in jq compare all of them as numbers.
# Exits with another code than 0 when that has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-deps 'dolma==1.2.1' # the mixer is compiled and needs nothing else
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import glob
import gzip
import importlib.util
import json
import os
import shutil
import sys

(module,) = glob.glob("venv/lib*/python*/site-packages/dolma/dolma.*.so")[:1]
spec = importlib.util.spec_from_file_location("dolma", module)
dolma = importlib.util.module_from_spec(spec)
spec.loader.exec_module(dolma)


def is_dropped(score, filter):
    shutil.rmtree("c", ignore_errors=True)
    for name in ("documents", "attributes/e", "in", "out"):
        os.makedirs(f"c/{name}")
    base = os.path.abspath("c")
    with gzip.open("c/documents/a.json.gz", "wt") as stream:
        stream.write('{"id": "a", "source": "s", "text": "The ferry was late."}\n')
    with gzip.open("c/attributes/e/a.json.gz", "wt") as stream:
        stream.write('{"id": "a", "source": "s", "attributes": {"e__t__odd": [[0, 19, %s]]}}\n' % score)
    stream = {
        "name": "m",
        "documents": [f"{base}/documents/*.gz"],
        "attributes": ["e"],
        "output": {"path": f"{base}/mixed", "max_size_in_bytes": 1 << 30},
        "filter": {"include": [], **filter},
    }
    work = {"input": f"{base}/in", "output": f"{base}/out"}
    dolma.mixer_entrypoint(json.dumps({"streams": [stream], "work_dir": work, "processes": 1}))
    with gzip.open("c/mixed/m-0000.json.gz") as mixed:
        return not mixed.read()


seen = {}
for score in ("1.0", "1"):
    for threshold in ("1", "1.0", "0.5", ".5"):
        path = f"$.attributes[?(@.e__t__odd[0] && @.e__t__odd[0][2] >= {threshold})]"
        seen[score, threshold] = is_dropped(score, {"exclude": [path]})
        print(f"score {score:3} >= {threshold:3}: {'dropped' if seen[score, threshold] else 'kept'}")
    seen[score, "jq"] = is_dropped(score, {"syntax": "jq", "exclude": [".attributes.e__t__odd[0][2] >= 1"]})
    print(f"score {score:3} >= 1 in jq: {'dropped' if seen[score, 'jq'] else 'kept'}")
dropped = {key for key, value in seen.items() if value}
sys.exit(dropped != {("1.0", "1.0"), ("1.0", "0.5"), ("1", "1"), ("1", "0.5"), ("1.0", "jq"), ("1", "jq")})
PYTHON
