"""`detector lsp`."""

from __future__ import annotations

from functools import partial

from detector.cli.options import with_settings
from detector.options import Settings
from detector.settings import RunSettings


@with_settings("lsp")
def command(*, settings: Settings, chosen: RunSettings) -> None:
    """Serve an editor by the Language Server Protocol, on standard input and output.

    Findings are shown while a text is written, section by section, with originals as quick fixes; the verdict on the
    whole when it is opened and saved. Needs the extra lsp.
    """
    from detector.errors import ConfigError

    try:
        from detector.lsp.server import Server
    except ImportError as error:
        raise ConfigError(
            f"detector lsp needs the extra lsp ({error.name} is not installed): pip install 'unspun[lsp]'; in a checkout:"
            " pip install '.[lsp]'"
        ) from error
    from detector.engine.detector import Detector

    quick = partial(Detector, settings.options)
    whole = partial(Detector, settings.options, isolated=True, threads=1)
    Server(chosen, quick, whole).start()
