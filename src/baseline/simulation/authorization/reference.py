"""The actions that AWS knows, and which kinds of resources each is about.

Source: AWS's Service Authorization Reference, as cfn-lint brings it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from cfnlint.data import AdditionalSpecs

_FILE = "Policies.json"
_PLACE = re.compile(r"\$\{(\w+)\}")
_FILLED = {"Partition": "aws", "Region": "{region}", "Account": "{account}"}


@dataclass(frozen=True)
class Kind:
    """A kind of resource; ``pattern`` has a place for the caller's region and account."""

    name: str
    pattern: str

    def arn(self, region: str, account_id: str) -> str:
        """What stands for all resources of this kind, there."""
        return self.pattern.format(region=region, account=account_id)


@cache
def kinds(action: str) -> tuple[Kind, ...] | None:
    """The kinds of resources that ``prefix:Operation`` is about; None for no action of AWS's.

    None at all means that a policy can only allow it on ``*``.
    """
    prefix, _, operation = action.lower().partition(":")
    service = _services().get(prefix)
    if service is None or operation not in service["Actions"]:
        return None
    names = service["Actions"][operation].get("Resources") or ()
    known = service["Resources"]
    return tuple(
        Kind(name, _pattern(written))
        for name in map(str.lower, names)
        if name in known
        for written in known[name]["ARNFormats"]
    )


@cache
def _services() -> Mapping[str, Any]:
    text = resources.files(AdditionalSpecs).joinpath(_FILE).read_text(encoding="utf-8")
    found: Mapping[str, Any] = json.loads(text)
    return found


def _pattern(written: str) -> str:
    """Whatever else has a place in an ARN may be anything."""
    named = _PLACE.sub(lambda place: _FILLED.get(place[1], "*"), written)
    return named.replace(".*", "*")
