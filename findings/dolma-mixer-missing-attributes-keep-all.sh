#!/bin/sh
# dolma 1.2.1 (PyPI): where the attributes of a file are missing, a mixer filter in JSONPath keeps all its documents, silently.
#
# Guess: the configuration names the attributes that it filters by, so a file of documents without its file of attributes
#        (a tagger that was killed, a misspelt experiment) is an error; a missing *line* is a warning, after all.
# Seen:  with `exclude` in JSONPath nothing is dropped, there is no warning, the log counts "Dropped 0", and the run ends
#        well. The same filter in jq ends it with an error, even one that has a default for what is missing: unlike jq, the
#        jaq that dolma has takes no member of null.
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

JSONPATH = {"exclude": ["$.attributes[?(@.e__t__odd[0] && @.e__t__odd[0][2] >= 0.5)]"]}
JQ = {"syntax": "jq", "exclude": ["(.attributes.e__t__odd // []) | length > 0"]}


def mixed(filter, with_attributes):
    """Return how many of two documents are left, or the error. Both are odd."""
    shutil.rmtree("c", ignore_errors=True)
    for name in ("documents", "attributes/e", "in", "out"):
        os.makedirs(f"c/{name}")
    base = os.path.abspath("c")
    with gzip.open("c/documents/a.json.gz", "wt") as stream:
        for id in "ab":
            stream.write('{"id": "%s", "source": "s", "text": "The ferry was late."}\n' % id)
    if with_attributes:
        with gzip.open("c/attributes/e/a.json.gz", "wt") as stream:
            for id in "ab":
                stream.write('{"id": "%s", "source": "s", "attributes": {"e__t__odd": [[0, 19, 0.9]]}}\n' % id)
    stream = {
        "name": "m",
        "documents": [f"{base}/documents/*.gz"],
        "attributes": ["e"],
        "output": {"path": f"{base}/mixed", "max_size_in_bytes": 1 << 30},
        "filter": {"include": [], **filter},
    }
    work = {"input": f"{base}/in", "output": f"{base}/out"}
    try:
        dolma.mixer_entrypoint(json.dumps({"streams": [stream], "work_dir": work, "processes": 1}))
    except RuntimeError as error:
        return str(error)
    with gzip.open("c/mixed/m-0000.json.gz") as result:
        return len(result.read().splitlines())


seen = []
for name, filter in (("JSONPath", JSONPATH), ("jq", JQ)):
    for with_attributes in (True, False):
        seen.append(mixed(filter, with_attributes))
        print(f"{name}, attributes {'there' if with_attributes else 'missing'}: {seen[-1]} of 2 documents left")
sys.exit(seen != [0, 2, 0, "Failed with 1 errors"])
PYTHON
