"""What ScoutSuite writes: ``scoutsuite_results =`` and one JSON value, of one account.

[github.com/nccgroup/ScoutSuite/wiki]. All raise ValueError for what is not whole.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec

from baseline.findings.model import FAIL, NOTHING_THERE, PASS, UNKNOWN, CheckDetails, Finding

TOOL = "scoutsuite"
_LEVELS = {"danger": "high", "warning": "medium"}


def findings(text: bytes) -> Iterator[Finding]:
    """A FAIL for each flagged item; a PASS for each rule that flagged nothing."""
    with _whole():
        for rule in _rules(text):
            yield from rule.findings()


def details(text: bytes) -> Iterator[CheckDetails]:
    """What it says of each rule."""
    with _whole():
        for rule in _rules(text):
            yield rule.details()


@contextmanager
def _whole() -> Iterator[None]:
    try:
        yield
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"a rule of it is not whole: {error!r}") from error


def load(text: bytes) -> dict[str, Any]:
    """The JSON value; raises ValueError when there is none."""
    results = msgspec.json.decode(text[text.index(b"{") :] if b"{" in text else b"")
    if not isinstance(results, dict):
        raise ValueError("it holds no object")  # noqa: TRY004  # the one error of a reader
    return results


def _rules(text: bytes) -> "Iterator[_Rule]":
    results = load(text)
    account, services = results["account_id"], results["services"]
    for service, content in services.items():
        for name, found in (content.get("findings") or {}).items():
            yield _Rule(account, services, service, name, found)


@dataclass(frozen=True)
class _Rule:
    """One rule of the results, with what its items' paths lead into."""

    account_id: str
    services: dict[str, Any]
    service: str
    name: str
    found: dict[str, Any]

    def findings(self) -> Iterator[Finding]:
        checked, flagged = self.found.get("checked_items"), self.found.get("flagged_items")
        if "items" not in self.found:  # it failed, and was given noughts
            yield self._finding(UNKNOWN, "", "ScoutSuite could not work this rule out.")
        elif flagged:
            for item in self.found.get("items") or [self.service]:
                yield self._finding(FAIL, item, self.found.get("rationale") or "")
        else:
            said = f"{checked} checked, none flagged" if checked else NOTHING_THERE
            yield self._finding(PASS, "", said)

    def details(self) -> CheckDetails:
        links = self.found.get("references") or [""]
        return CheckDetails(
            TOOL,
            self.name,
            self._title,
            risk=_plain(self.found.get("rationale") or ""),
            remediation=_plain(self.found.get("remediation") or ""),
            remediation_url=str(links[0]),
            frameworks=tuple(_framework(told) for told in self.found.get("compliance") or ()),
        )

    @property
    def _title(self) -> str:
        return str(self.found.get("description") or self.name)

    def _finding(self, status: str, item: str, detail: str) -> Finding:
        path = self.found.get("display_path") or self.found.get("path") or ""
        return Finding(
            tool=TOOL,
            account_id=self.account_id,
            account_name="",
            region=_region(item),
            service=self.service,
            check=self.name,
            title=self._title,
            severity=_LEVELS.get(self.found.get("level") or "", "medium"),
            status=status,
            resource=_resource(self.services, item, path.count(".") + 1) if item else "",
            detail=_plain(detail),
            uid=f"{TOOL}-{self.name}-{self.account_id}-{item}",
        )


def _framework(told: dict[str, Any]) -> str:
    """Like ``CIS Amazon Web Services Foundations 1.2.0: 2.1``."""
    return f"{told.get('name')} {told.get('version')}: {told.get('reference')}"


def _plain(markup: str) -> str:
    """Text without the HTML that ScoutSuite's rationales carry."""
    return " ".join(re.sub(r"<[^>]+>", " ", markup).split())


def _region(item: str) -> str:
    parts = item.split(".")
    return parts[parts.index("regions") + 1] if "regions" in parts[:-1] else "global"


def _resource(node: Any, item: str, depth: int) -> str:
    """What the dotted path ``item`` leads to after ``depth`` keys; a key may itself hold dots."""
    parts = item.split(".")
    while parts and depth and isinstance(node, dict):
        for length in range(len(parts), 0, -1):
            key = ".".join(parts[:length])
            if key in node:
                node, parts, depth = node[key], parts[length:], depth - 1
                break
        else:
            break
    if isinstance(node, dict):
        return str(node.get("arn") or node.get("name") or node.get("id") or item)
    return item
