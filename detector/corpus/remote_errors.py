"""What libraries raise about other machines, in words of ours: their own may hold addresses with credentials."""

from __future__ import annotations

import errno
from collections.abc import Mapping

_DENIED = "access is denied; are there credentials for it?"
_WORDS: dict[int | str, tuple[int, str]] = {
    **dict.fromkeys((401, 403, 407, "PermissionError"), (errno.EACCES, _DENIED)),
    **dict.fromkeys((404, 410, "NoSuchBucket", "NoSuchKey"), (errno.ENOENT, "no such file")),
    **dict.fromkeys(
        ("NoCredentialsError", "PartialCredentialsError", "DefaultCredentialsError", "LocalTokenNotFoundError"),
        (errno.EACCES, "no credentials were found for it"),
    ),
    "SSLCertVerificationError": (
        errno.EPROTO,
        "its certificate is not trusted here; SSL_CERT_FILE names a file of those that are",
    ),
    "FileExpired": (errno.EIO, "was replaced while it was read"),
    "IsADirectoryError": (errno.EISDIR, "is a directory"),
    "NotImplementedError": (errno.EROFS, "can't be written to"),
}


class RemoteError(OSError):
    """Another machine does not do what it is asked to; the message is for the user."""

    def __init__(self, problem: str) -> None:
        super().__init__(errno.EIO, problem)


def translate(error: Exception, tries: int) -> tuple[OSError, bool]:
    """Return what to tell of an error after so many tries, and whether it is of no use to try again."""
    if isinstance(error, RemoteError):
        return error, True
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or link.__context__
    statuses = [status for one in chain if (status := _status(one)) is not None]
    names = [kind.__name__ for one in chain for kind in type(one).__mro__]
    for name in (*statuses, *names):
        if name in _WORDS:
            return OSError(*_WORDS[name]), True  # of the kind that the number says
    if "FileNotFoundError" in names and not statuses and len(chain) == 1:  # of the web, it is raised for all failures
        return FileNotFoundError(errno.ENOENT, "no such file"), True
    told = f"its server answers with {statuses[0]}" if statuses else "the connection failed"
    return RemoteError(f"{told}, {tries} times ({type(chain[-1]).__name__})"), False


def _status(error: BaseException) -> int | None:
    """Return the HTTP status of an error as the libraries keep it."""
    response = getattr(error, "response", None)
    if isinstance(response, Mapping):  # of botocore
        found = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    else:
        found = getattr(error, "status", None) or getattr(response, "status_code", None)
        if type(error).__module__.startswith("gcsfs"):
            found = getattr(error, "code", None)
    return found if isinstance(found, int) and found >= 400 else None
