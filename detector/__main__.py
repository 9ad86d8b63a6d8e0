"""`python -m detector` is the command `detector`."""

from __future__ import annotations

from detector.cli.app import main

if __name__ == "__main__":
    main()
