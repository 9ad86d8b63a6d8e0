"""`detector doctor`."""

from __future__ import annotations

from typing import Annotated

import typer

from detector.cli.options import ConfigOption, NoConfigOption, option_like
from detector.errors import EXIT_ERROR, EXIT_OK


def command(
    *,
    languagetool_url: Annotated[str | None, option_like("languagetool_url")] = None,
    config: ConfigOption = None,
    no_config: NoConfigOption = False,
) -> None:
    """Show versions, models, settings and grammar engines, and how to get what is missing.

    Exits with 2 if one is broken.
    """
    from detector.doctor import diagnose
    from detector.reports.destination import open_destination
    from detector.reports.diagnosis import print_diagnosis

    diagnosis = diagnose(languagetool_url, config, no_config=no_config)
    with open_destination(None, for_machines=False) as stream:
        print_diagnosis(diagnosis, stream)
    raise typer.Exit(EXIT_OK if diagnosis.healthy else EXIT_ERROR)
