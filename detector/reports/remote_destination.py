"""A report that goes to another machine: written here first, then sent as a whole.

So nobody ever sees half of it there. That the place can be reached is looked at before anything is scored, whether it may
be written to is known at the end; if not, the report stays here and the message says where.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from detector.corpus.locations import is_web, printable_path
from detector.corpus.paths import os_problem
from detector.corpus.remote import check_place, is_folder, upload
from detector.errors import OutputError


@contextmanager
def sent_to(address: str, option: str) -> Iterator[Path]:
    """Yield the path of a file that is sent to an address when the block ends well, and then removed. Raise OutputError.

    `option` is how the user named it, in front of the address.
    """
    name = f"{option}{printable_path(address)}"
    if is_web(address):
        raise OutputError(f"{name}: the web can only be read")
    try:
        check_place(address)
        if is_folder(address):
            raise OutputError(f"{name}: is a directory")
    except OSError as error:
        raise OutputError(f"{name}: can't be written ({os_problem(error)})") from None
    descriptor, made = tempfile.mkstemp(prefix="unspun-", suffix=f"-{os.path.basename(address)[-60:]}")
    os.close(descriptor)
    keep = False
    try:
        yield Path(made)
        try:
            upload(made, address)
        except OSError as error:
            keep = True
            raise OutputError(f"{name}: can't be written ({os_problem(error)}); the report is in {made}") from None
    finally:
        if not keep:
            os.unlink(made)
