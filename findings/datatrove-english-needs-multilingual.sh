#!/bin/sh
# datatrove 0.10.1: its filters for English, with their defaults, need what the extra `multilingual` brings.
#
# The guess: `datatrove[processing]` has what its quality filters need for English, their default language (it brings nltk, by
# which they divided words before); `multilingual` is for other languages.
# Seen: Gopher quality, Gopher repetition and C4 are made without a complaint, and the first document ends the pipeline with an
# ImportError: English words are divided by spaCy, which no extra but `multilingual` has, there as `spacy[ja]` with the
# Japanese dictionaries. A pipeline that was tried by making it stops in the cluster, on its first document.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'datatrove[processing]==0.10.1' 2>/dev/null
cat >"$folder/filters.py" <<'PYTHON'
import sys
from importlib.metadata import requires

from datatrove.data import Document
from datatrove.pipeline.filters import C4QualityFilter, GopherQualityFilter, GopherRepetitionFilter

print(*(line for line in requires("datatrove") if "spacy" in line))
text = " ".join(
    ["The bridge at the mill was mended in spring, and the village gave a small feast for the masons who had done it."] * 4
)
seen = {}
for name in (GopherQualityFilter, GopherRepetitionFilter, C4QualityFilter):
    made = name()
    try:
        made.filter(Document(text=text, id="1"))
        seen[name.__name__] = "filters"
    except ImportError as error:
        seen[name.__name__] = f"{error}"
for name, outcome in seen.items():
    print(f"{name:22} {outcome}")
wanted = sys.argv[1]
assert all(wanted in outcome for outcome in seen.values()), "the behaviour changed"
PYTHON
echo "datatrove[processing]:"
"$folder/venv/bin/python" "$folder/filters.py" "Please install \`spacy\`" 2>/dev/null
echo "and spacy:"
"$folder/venv/bin/pip" install --quiet 'spacy==3.8.18' 2>/dev/null
"$folder/venv/bin/python" "$folder/filters.py" "filters" 2>/dev/null
