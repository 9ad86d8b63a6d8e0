#!/bin/sh
# gcsfs 2026.10.1: with STORAGE_EMULATOR_HOST=http://…, each call first speaks TLS to the emulator for a minute.
#
# The guess: gcsfs talks to the emulator that STORAGE_EMULATOR_HOST names by the scheme that stands there, as it does for
# every object; tests with `gcp-storage-emulator` take milliseconds.
# Seen: it first asks for the storage layout of the bucket, by gRPC and over TLS, at the same port. The emulator speaks HTTP,
# the handshake fails again and again, and after a time limit of 60 seconds gcsfs logs a warning and goes on by HTTP. That it
# failed is not remembered, so the next call of the same file system waits as long: a suite that writes ten objects takes ten
# minutes, and a test with a limit below a minute fails though nothing is wrong. GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT=false leaves
# the question out.
set -eu
folder=$(mktemp -d)
emulator=
trap 'if [ -n "$emulator" ]; then kill "$emulator" 2>/dev/null; fi; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'gcsfs==2026.10.1' 'gcp-storage-emulator==2026.7.19' 'setuptools==80.9.0' 2>/dev/null
port=$("$folder/venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$folder/venv/bin/gcp-storage-emulator" start --host=127.0.0.1 --port="$port" --in-memory --default-bucket=mill >"$folder/log" 2>&1 &
emulator=$!
export STORAGE_EMULATOR_HOST="http://127.0.0.1:$port"
until "$folder/venv/bin/python" -c "import urllib.request; urllib.request.urlopen('$STORAGE_EMULATOR_HOST/storage/v1/b')" 2>/dev/null; do
  kill -0 "$emulator"
  sleep 0.2
done
cat >"$folder/first.py" <<'PYTHON'
import sys
import time

import gcsfs

store = gcsfs.GCSFileSystem(token="anon")
took = []
for name in ("first", "second"):
    started = time.monotonic()
    store.pipe(f"mill/{name}.txt", b"The bridge was mended.")
    took.append(time.monotonic() - started)
print(f"first object {took[0]:.1f} s, second {took[1]:.1f} s")
assert all((seconds > 50) == (sys.argv[1] == "waits") for seconds in took), "the behaviour changed"
PYTHON
echo "as it comes:"
"$folder/venv/bin/python" "$folder/first.py" waits 2>/dev/null
echo "with GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT=false:"
GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT=false "$folder/venv/bin/python" "$folder/first.py" answers 2>/dev/null
