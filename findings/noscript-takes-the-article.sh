#!/bin/sh
# turbohtml 1.15.4 and selectolax 1.0.2 (lexbor): leaving out <noscript> leaves out the article after it.
#
# The guess: a reader of text drops the elements `script`, `style` and `noscript` and keeps the rest of the page.
# Seen: both parse with the standard's scripting flag off, as parsers outside a browser do. Then <noscript> in the body is
# an ordinary element, and its end tag is ignored while a paragraph in it is open (the standard's "any other end tag":
# `p` is special). A paragraph without </p> in the notice is valid HTML; all that follows becomes a child of <noscript>. No
# browser shows the page so, since scripting is on there, where the content is raw text. turbohtml has `scripting=True`.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'turbohtml==1.15.4' 'selectolax==1.0.2'
"$folder/venv/bin/python" - <<'PYTHON'
import turbohtml
from selectolax.lexbor import LexborHTMLParser

page = "<body><noscript><p>Please switch scripts on.</noscript><p>The article.</p></body>"


def rest(document):
    for element in document.find_all("noscript"):
        element.decompose()
    return document.text.strip()


tree = LexborHTMLParser(page)
for node in tree.css("noscript"):
    node.decompose()
seen = {
    "turbohtml": rest(turbohtml.parse(page)),
    "turbohtml, scripting=True": rest(turbohtml.parse(page, scripting=True)),
    "selectolax": tree.body.text().strip(),
}
for name, text in seen.items():
    print(f"{name:28} {text!r}")
assert seen == {"turbohtml": "", "turbohtml, scripting=True": "The article.", "selectolax": ""}, "the behaviour changed"
PYTHON
