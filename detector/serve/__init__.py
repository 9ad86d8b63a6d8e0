"""`detector serve`: a page to paste text into, and the same over HTTP, on this machine. Needs the extra `serve`."""
