#!/bin/sh
# wacz 0.6.0, warcio 1.8.1 (PyPI): `wacz create --detect-pages` lists a page only where another request names it as Referer.
#
# Guess: the captures of HTML are the pages of an archive; and since the WACZ specification demands a pages/pages.jsonl,
#        `wacz validate` does so.
# Seen:  of a page and two that were reached from it, the list has the first only, since no request came from the others; most
#        pages of any crawl are such. With --text, their text isn't there to be searched either. A crawl of a list of addresses
#        has no Referer, so no pages at all; then no list is written, `create` ends well with "Num Pages Detected: 0", and
#        `validate` calls the archive valid: its check compares a list of found files with False. (Each page is in the index
#        of the archive. The option's documentation doesn't speak of referrers.)
# Exits with another code than 0 when that has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'wacz==0.6.0' 'warcio==1.8.1' 'cdxj-indexer==1.5.0' 2>/dev/null
cd "$folder"
cat >seen.py <<'PYTHON'
import io
import json
import subprocess
import sys
import zipfile

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

SITE = "https://example.org/"
PAGES = {"": "ferries.html tides.html", "ferries.html": "The ferry was late.", "tides.html": "The tide was not."}


def write(name, with_referrers):
    """Write the archive that a crawler makes: each page with the request for it."""
    with open(name, "wb") as stream:
        writer = WARCWriter(stream, gzip=True)
        for page, text in PAGES.items():
            html = f"<!DOCTYPE html><title>{page or 'Home'}</title><p>{text}</p>".encode()
            status = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1")
            response = writer.create_warc_record(SITE + page, "response", payload=io.BytesIO(html), http_headers=status)
            fields = [("Host", "example.org")] + [("Referer", SITE)] * (with_referrers and bool(page))
            asked = StatusAndHeaders(f"GET /{page} HTTP/1.1", fields, is_http_request=True)
            request = writer.create_warc_record(SITE + page, "request", http_headers=asked)
            writer.write_request_response_pair(request, response)


seen = []
for with_referrers in (True, False):
    write("a.warc.gz", with_referrers)
    made = subprocess.run(["venv/bin/wacz", "create", "--detect-pages", "--text", "-o", "a.wacz", "-f", "a.warc.gz"])
    valid = subprocess.run(["venv/bin/wacz", "validate", "-f", "a.wacz"], capture_output=True, text=True)
    with zipfile.ZipFile("a.wacz") as archive:
        listed = None
        if "pages/pages.jsonl" in archive.namelist():
            listed = [json.loads(line)["url"] for line in archive.read("pages/pages.jsonl").splitlines()[1:]]
    seen.append((made.returncode, listed, valid.returncode))
    print(f"with Referer: {with_referrers}; pages listed: {listed}; {valid.stdout.splitlines()[-1]}")
sys.exit(seen != [(0, [SITE], 0), (0, None, 0)])
PYTHON
venv/bin/python seen.py
