"""`python -m detector` is the command `detector`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the program: the console entry point. Ctrl-C ends it without a traceback even while it is being loaded."""
    try:
        from detector.runtime.threads import limit_blas_threads

        limit_blas_threads()
        from detector.cli.app import main as run
    except KeyboardInterrupt:
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
