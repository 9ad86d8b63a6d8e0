"""One HTML page that shows a profile: what `run.json` and `detector profile --format json` hold, with pictures.

It stands for itself: no script, nothing from outside, and what comes from documents (ids, sources, words, reasons) is
text and nothing else. It is written for keyboards and screen readers, for light and dark, and for paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from detector.reports.charts import histogram, interval_bar, share_bar
from detector.reports.printable import printable_line
from detector.reports.shell import asset

SHOWN_SOURCES = 200
_SHOWN_CHARACTERS = 300
_MORE = ("Suspect", "Unscored", "Errors")  # of each source
_VERDICTS = ("spun", "suspect", "clean", "unscored")
# Nothing may be loaded, whatever stands in the page.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

Cell = str | int | float | None


def make_page(profile: Mapping[str, Any], title: str) -> str:
    """Return the page. Lone surrogates are spelt out, so that it can be written in UTF-8."""
    style = asset("base.css")
    sections = [section for section in _sections(profile) if section[2]]
    links = "".join(f'<a href="#{name}">{escape(heading)}</a>' for name, heading, _ in sections)
    body = "".join(
        f'<section id="{name}" aria-labelledby="{name}-heading"><h2 id="{name}-heading">{escape(heading)}</h2>{content}'
        "</section>\n"
        for name, heading, content in sections
    )
    shown = _text(title)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{shown}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<header><h1>{shown}</h1>\n"
        f'<p class="lead">{_lead(profile)}</p>\n<nav aria-label="Sections">{links}</nav></header>\n<main>\n{body}</main>\n'
        "</body>\n</html>\n"
    )


def _sections(profile: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield the id, the heading and the content of each section; an empty one is left out."""
    yield "verdicts", "Verdicts", _verdicts(profile)
    yield "scores", "Scores", _scores(profile)
    yield "sources", "Sources", _sources(profile)
    yield "swaps", "Most frequent swaps", _swaps(profile["swaps"])
    yield "borderline", "Documents nearest to the threshold", _borderline(profile["borderline"])
    yield "unscored", "Without a verdict", _counts("Reason", profile["unscored"])
    yield "errors", "Errors", _counts("Kind", profile["errors"])
    yield "time", "Time", _time(profile.get("seconds")) + _stages(profile.get("stages"))
    yield "command", "What decided", _command(profile.get("command"))


def summary_of(profile: Mapping[str, Any]) -> str:
    """Return the counts of a profile in a line, and a bar: the head of another page."""
    if not profile["records"]:
        return '<p class="lead">No documents.</p>'
    parts = _parts(profile)
    told = [
        f"{profile['records']:,} {'document' if profile['records'] == 1 else 'documents'}",
        f"{profile['words']:,} words",
    ]
    told += [f"{number:,} {name}" for name, number in parts.items() if number]
    if readers := readers_in_words(profile):
        told.append(readers)
    if profile.get("complete") is False:
        told.append("the run is not complete")
    return f'<p class="lead">{escape(" · ".join(told))}</p><figure>{share_bar(parts, _in_words(parts))}</figure>'


def pictures_of(profile: Mapping[str, Any]) -> str:
    """Return the pictures and tables of a profile, for another page."""
    drawn = (
        ("Scores", _scores(profile)),
        ("Sources", _sources(profile, brief=True)),
        ("Most frequent swaps", _swaps(profile["swaps"])),
        ("Without a verdict", _counts("Reason", profile["unscored"])),
    )
    shown = "".join(f"<section><h2>{heading}</h2>{content}</section>" for heading, content in drawn if content)
    return f'<div class="pictures">{shown}</div>'


def _lead(profile: Mapping[str, Any]) -> str:
    parts = [f"{profile['records']:,} records, {profile['words']:,} words"]
    if profile.get("keep_rate") is not None:
        parts.append(f"{percent(profile['keep_rate'])} kept")
    if readers := readers_in_words(profile):
        parts.append(readers)
    if profile.get("complete") is False:
        parts.append("the run is not complete")
    return escape("; ".join(parts)) + "."


def _verdicts(profile: Mapping[str, Any]) -> str:
    parts = _parts(profile)
    total = sum(parts.values())
    if not total:
        return "<p>No records.</p>"
    rows = "".join(
        f'<tr><th scope="row"><span class="key {name}" aria-hidden="true"></span>{name}</th>'
        f'<td class="n">{number:,}</td><td class="n">{percent(number / total)}</td></tr>'
        for name, number in parts.items()
    )
    went = "; ".join(f"{number:,} {name}" for name, number in profile["destinations"].items())
    return (
        f"<figure>{share_bar(parts, _in_words(parts))}</figure>"
        + _table("Records by verdict", ("Verdict", "Records", "Share"), rows, numbers=(1, 2))
        + (f"<p>Where they went: {_text(went)}.</p>" if went else "")
    )


def readers_in_words(profile: Mapping[str, Any]) -> str:
    """Return who read how many documents alone, and what that may have overlooked; nothing where both encoders could.

    >>> readers_in_words({"read_by_light_alone": 2})
    'read by the first stage and the light encoder alone: 2'
    """
    scanned, light = profile.get("read_by_scan_alone", 0), profile.get("read_by_light_alone", 0)
    alone = [f"the first stage alone: {scanned:,} (it overlooks most of the light spinning)"] if scanned else []
    alone += [f"the first stage and the light encoder alone: {light:,}"] if light else []
    return "read by " + ", by ".join(alone) if alone else ""


def _parts(profile: Mapping[str, Any]) -> dict[str, int]:
    parts = {name: profile["verdicts"].get(name, 0) for name in _VERDICTS}
    return {**parts, "errors": sum(profile["errors"].values())}


def _in_words(parts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in parts.items())


def _scores(profile: Mapping[str, Any]) -> str:
    counts: Sequence[int] = profile["histogram"]["counts"]
    if not sum(counts):
        return ""
    found = profile.get("thresholds") or {}
    marks = {name: found[name] for name in ("suspect", "spun") if name in found}
    width = profile["histogram"]["bin_width"]
    title = "Histogram of probabilities: " + ", ".join(
        f"{number * width:.2f} to {(number + 1) * width:.2f}: {count:,}" for number, count in enumerate(counts) if count
    )
    caption = "Documents by their probability of being spun. Heights are logarithmic."
    return f"<figure>{histogram(counts, marks, title)}<figcaption>{caption}</figcaption></figure>"


def _sources(profile: Mapping[str, Any], *, brief: bool = False) -> str:
    """Return the table of sources; a brief one says how much of each is spun, and no more."""
    sources = profile["sources"]
    if not sources:
        return ""
    calibrated = profile.get("calibration")
    own = any(one["own_threshold"] is not None for one in sources)
    top = max((one["high"] for one in sources[:SHOWN_SOURCES] if one["scored"]), default=1.0) or 1.0
    heads = ["Source", "Documents", "Spun", "95 % interval", f"0 to {percent(top)}", *([] if brief else _MORE)]
    traced = bool(profile.get("families")) and not brief
    heads += ["Families"] if traced else []
    heads += ["Own threshold", "False positives, at most"] if own else []
    rows = []
    for one in sources[:SHOWN_SOURCES]:
        cells = [_number(one["documents"]), f'<td class="n">{percent(one["spun_share"])}</td>']
        cells.append(f'<td class="n">{interval(one)}</td>')
        cells.append(f"<td>{interval_bar(one['spun_share'], one['low'], one['high'], top)}</td>")
        cells += [_number(one[name]) for name in map(str.lower, [] if brief else _MORE)]
        cells += [_number(one["families"])] if traced else []
        if own:
            threshold, bound = one["own_threshold"], one.get("false_positive_bound")
            cells.append(f'<td class="n">{"that of all" if threshold is None else f"{threshold:g}"}</td>')
            cells.append(f'<td class="n">{"–" if bound is None else percent(bound)}</td>')
        rows.append(f'<tr><th scope="row">{_text(one["source"] or "(not told)")}</th>{"".join(cells)}</tr>')
    caption = "Sources, those first of which it is surest that much is spun"
    if len(sources) > SHOWN_SOURCES:
        caption += f"; {SHOWN_SOURCES:,} of {len(sources):,} are shown, the others are in the JSON report"
    said = ""
    if calibrated:
        said = (
            f"<p>Thresholds by {_text(calibrated['by'])} are to hold {percent(calibrated['max_fpr'])} of good documents."
            " A source without its own has the threshold of all, whose rate on it is not known.</p>"
        )
    return said + _table(caption, heads, "".join(rows), numbers=(1, 2, 3, 5, 6, 7, 8, 9, 10))


def _swaps(swaps: Sequence[Mapping[str, Any]]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{_text(one["word"])}</th><td>{_text(one["original"])}</td>{_number(one["findings"])}</tr>'
        for one in swaps
    )
    caption = "Among the strongest findings of spun and suspect documents"
    return _table(caption, ("Word", "Original, probably", "Findings"), rows, numbers=(2,)) if rows else ""


def _borderline(documents: Sequence[Mapping[str, Any]]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{_text(one["id"])}</th><td>{_text(place(one))}</td>'
        f'<td class="n">{one["probability"]:.6f}</td><td class="n">{one["threshold"]:g}</td><td>{_text(one["verdict"])}</td>'
        "</tr>"
        for one in documents
    )
    heads = ("Document", "Where", "Probability", "Threshold", "Verdict")
    return _table("Worth a look by a person", heads, rows, numbers=(2, 3)) if rows else ""


def _counts(head: str, counts: Mapping[str, int]) -> str:
    rows = "".join(f'<tr><th scope="row">{_text(name)}</th>{_number(number)}</tr>' for name, number in counts.items())
    return _table("", (head, "Records"), rows, numbers=(1,)) if rows else ""


def _time(seconds: Mapping[str, float] | None) -> str:
    return _time_table("Of the last run, not of those it went on with", "Step", seconds)


def _time_table(caption: str, head: str, seconds: Mapping[str, float] | None) -> str:
    if not seconds:
        return ""
    total = sum(seconds.values()) or 1.0
    rows = "".join(
        f'<tr><th scope="row">{_text(name)}</th><td class="n">{value:,.1f}</td><td class="n">{percent(value / total)}</td>'
        "</tr>"
        for name, value in seconds.items()
    )
    return _table(caption, (head, "Seconds", "Share"), rows, numbers=(1, 2))


def _stages(seconds: Mapping[str, float] | None) -> str:
    return _time_table("Scoring, all processes together", "Stage", seconds)


def _command(command: Mapping[str, Any] | None) -> str:
    if not command:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{_text(name)}</th><td>{_text("–" if value is None else str(value))}</td></tr>'
        for name, value in command.items()
    )
    return _table("Model and options", ("What", "Value"), rows)


def _table(caption: str, heads: Sequence[str], rows: str, *, numbers: Iterable[int] = ()) -> str:
    right = set(numbers)
    head = "".join(
        f'<th scope="col"{" class=n" if at in right else ""}>{escape(name)}</th>' for at, name in enumerate(heads)
    )
    label = escape(caption or heads[0], quote=True)
    said = f"<caption>{escape(caption)}</caption>" if caption else ""
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{label}"><table>{said}'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>\n"
    )


def _number(value: int) -> str:
    return f'<td class="n">{value:,}</td>'


def _text(text: str) -> str:
    """Return text of unknown origin as HTML: in one line, cut where it is long, with nothing that acts."""
    line = printable_line(text)
    return escape(line if len(line) <= _SHOWN_CHARACTERS else line[:_SHOWN_CHARACTERS] + "…", quote=True)


def percent(share: float | None) -> str:
    """Return a share for a person.

    >>> percent(0.41), percent(0.0123), percent(None)
    ('41 %', '1.2 %', '–')
    """
    if share is None:
        return "–"
    return f"{100 * share:.0f} %" if share >= 0.1 or share == 0 else f"{100 * share:.2g} %"


def interval(source: Mapping[str, Any]) -> str:
    """Return the interval of a source in percent: `[38, 44]`."""
    return f"[{_short(source['low'])}, {_short(source['high'])}]"


def place(document: Mapping[str, Any]) -> str:
    """Return the file of a document, and its row in it."""
    return document["source"] if document["row"] is None else f"{document['source']}:{document['row']}"


def _short(share: float) -> str:
    return f"{100 * share:.0f}" if share >= 0.1 or share == 0 else f"{100 * share:.2g}"
