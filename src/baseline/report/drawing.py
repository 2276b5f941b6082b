"""Pages that open from disk, with no server and no network, whatever they are fed."""

import base64
import functools
import hashlib
import importlib.resources
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

import jinja2

from baseline.findings.model import OTHER, SEVERITIES
from baseline.report.cells import printable

# Beside nothing, a policy wants a word for it.
_NONE = "'none'"


def draw(
    template: str,
    scripts: Iterable[str],
    styles: Iterable[str],
    injected: Iterable[str] = (),
    **given: Any,
) -> str:
    """The page that ``template`` makes of what is ``given``; ``scripts`` and ``styles`` are files.

    Nothing runs in it but these, and nothing goes out. ``injected`` are styles that the scripts put
    into the page.
    """
    scripts, styles = list(map(_part, scripts)), list(map(_part, styles))
    allowed = {
        "default-src": _NONE,
        "script-src": " ".join(map(_hash, scripts)) or _NONE,
        "style-src": " ".join(map(_hash, (*styles, *injected))),
        "base-uri": _NONE,
        "form-action": _NONE,
    }
    policy = "; ".join(f"{what} {whence}" for what, whence in allowed.items())
    page = _environment().get_template(template)
    return page.render(scripts=scripts, styles=styles, policy=policy, **given)


def _hash(text: str) -> str:
    """The source expression that lets exactly ``text`` pass [Content Security Policy, level 3]."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _part(name: str) -> str:
    file = importlib.resources.files("baseline.report") / "web" / name
    return file.read_text(encoding="utf-8")


@functools.cache
def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FunctionLoader(_part),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    made.filters |= {
        "time": _written("%-d %B %Y, %H:%M UTC"),
        "day": _written("%-d %B %Y"),
        "short_day": _written("%-d %b %Y"),
        "duration": _duration,
        "number": "{:,}".format,
        "weight": _weight,
        "worst": _worst,
        "having": _having,
        "path": quote,
        "safe_href": _href,
    }
    return made


def _shown(value: Any) -> Any:
    """What stands on the page of a value; markup of the template itself stays as it is."""
    return printable(value, "\n") if type(value) is str else value


def _written(form: str) -> Callable[[str], str]:
    """What writes a time of ISO 8601 so; nothing of nothing."""
    return lambda text: datetime.fromisoformat(text).strftime(form) if text else ""


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def _weight(counts: Mapping[str, int]) -> int:
    """How much fails of any severity."""
    return sum(counts.get(name, 0) for name in (*SEVERITIES, OTHER))


def _worst(counts: Mapping[str, int]) -> tuple[str, ...]:
    """The two worst severities of which anything fails, the worst first."""
    return tuple(name for name in (*SEVERITIES, OTHER) if counts.get(name))[:2]


def _having(each: Iterable[Mapping[str, int]], names: Collection[str]) -> int:
    """Of how many anything of these severities fails."""
    return sum(any(counts.get(name) for name in names) for counts in each)


def _href(path: str) -> str:
    """``path`` as a reference that stays beside the page, or ``#`` when it would leave."""
    outside = ":" in path.split("/", maxsplit=1)[0] or path.startswith(("/", "\\"))
    return "#" if outside else path
