#!/bin/sh
# onnxruntime 1.32.0, the wheel on PyPI for Linux: `import` alone starts telemetry.
#
# The guess: on Linux the official builds have no telemetry, as in the years before; `disable_telemetry_events()` is at
# any rate enough to be without it.
# Seen: the import starts a thread and creates a database (and a device identifier) in ~/.cache/Microsoft/DeveloperTools.
# `disable_telemetry_events()` stops neither; only ORT_DISABLE_TELEMETRY=1, set before the import, does. Who reads a
# variable of the environment in C sees what Python puts into os.environ. The price of the thread: the exit handlers of a
# forked child wait for it, and it does not exist there.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'onnxruntime==1.32.0' 'numpy==2.4.6'
cat >"$folder/look.py" <<'PYTHON'
import os
import sys
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"
if "variable" in sys.argv:
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime

if "call" in sys.argv:
    onnxruntime.disable_telemetry_events()
files = sorted(path.name for path in Path(os.environ["HOME"]).rglob("*") if path.is_file())
print(f"{sys.argv[1]:9} threads: {len(os.listdir('/proc/self/task'))}, files: {', '.join(files) or 'none'}")
assert bool(files) == (sys.argv[1] != "variable"), "the behaviour changed"
PYTHON
for how in nothing call variable; do
    mkdir "$folder/$how"
    env -u ORT_DISABLE_TELEMETRY -u XDG_CACHE_HOME HOME="$folder/$how" "$folder/venv/bin/python" "$folder/look.py" "$how"
done
