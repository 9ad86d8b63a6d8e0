#!/bin/sh
# pywb 2.10.0, cdxj-indexer 1.5.0 (PyPI): who asks for an archived page gets a metadata record about it.
#
# Guess: a record of WARC-Type metadata describes another record, and has its address and date, as the standard's own example
#        does; an index for replay lists what was captured, so a program that appends its results to a crawl (a language,
#        a score) as metadata harms nothing.
# Seen:  both indexers list metadata as a capture of the address, unless it is of the one type application/warc-fields. In JSON
#        it comes first: the lines of one address and second are sorted by their text, "application/json" before "text/html".
#        pywb then answers the request for the page with the JSON, status 200. The same index goes into each WACZ. Tools of
#        that house give such records an address of their own, `urn:text:https://…`, which is what helps.
# Exits with another code than 0 when that has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'pywb==2.10.0' 'warcio==1.8.1' 'cdxj-indexer==1.5.0' 'setuptools==80.9.0' 2>/dev/null
cd "$folder"
cat >seen.py <<'PYTHON'
import io
import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

PAGE = "https://example.org/ferries"


def write(name, address, kind, content):
    """Write a page and a description of it."""
    with open(name, "wb") as stream:
        writer = WARCWriter(stream, gzip=True)
        html = b"<!DOCTYPE html><title>Ferries</title><p>The ferry was late.</p>"
        status = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1")
        response = writer.create_warc_record(PAGE, "response", payload=io.BytesIO(html), http_headers=status)
        writer.write_record(response)
        told = response.rec_headers.get_header
        links = {"WARC-Refers-To": told("WARC-Record-ID"), "WARC-Date": told("WARC-Date")}
        about = writer.create_warc_record(
            address, "metadata", payload=io.BytesIO(content), warc_content_type=kind, warc_headers_dict=links
        )
        writer.write_record(about)


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


cases = {
    "warc-fields": (PAGE, "application/warc-fields", b"language: en\r\n"),
    "JSON": (PAGE, "application/json", json.dumps({"language": "en"}).encode()),
    "JSON, another address": (f"urn:text:{PAGE}", "application/json", json.dumps({"language": "en"}).encode()),
}
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
indexed = []
for number, case in enumerate(cases.values()):
    write(f"{number}.warc.gz", *case)
    run("venv/bin/wb-manager", "init", f"c{number}")
    run("venv/bin/wb-manager", "add", f"c{number}", f"{number}.warc.gz")
    lines = run("venv/bin/cdxj-indexer", "--sort", f"{number}.warc.gz").splitlines()
    indexed.append([json.loads(line.split(" ", 2)[2])["mime"] for line in lines if line.startswith("org,example)/ferries ")])
server = subprocess.Popen(["venv/bin/wayback", "-b", "127.0.0.1", "-p", str(port)], stderr=subprocess.DEVNULL)
seen = []
try:
    for number, case in enumerate(cases):
        for _ in range(120):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/c{number}/2026id_/{PAGE}", timeout=30) as answer:
                    seen.append((answer.headers["Content-Type"].split(";")[0], answer.read()[-30:]))
                break
            except urllib.error.URLError:  # it is not up yet
                time.sleep(0.5)
        print(f"metadata is {case}: captures in the index {indexed[number]}, replayed {seen[-1]}")
finally:
    server.terminate()
    server.wait()
page = ("text/html", b"</title><p>The ferry was late.</p>"[-30:])
both = ["application/json", "text/html"]
sys.exit((indexed, seen) != ([["text/html"], both, ["text/html"]], [page, ("application/json", b'{"language": "en"}'), page]))
PYTHON
venv/bin/python seen.py
