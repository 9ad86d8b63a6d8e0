"""The tokenizer: BERT's WordPiece, from a `tokenizer.json`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from detector.errors import ModelError

if TYPE_CHECKING:
    from tokenizers import Tokenizer


def open_tokenizer(path: Path) -> Tokenizer:
    """Return a tokenizer that neither truncates nor pads; the caller keeps windows short enough.

    Fork-safe as long as texts are encoded one at a time: only batches start threads. Raises ModelError, naming the file,
    when it can't be read.
    """
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises bare `Exception`
        raise ModelError(f"{path}: is no tokenizer that can be used here; reinstall the package") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
