"""What a command line gives back."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Ran:
    """What one command gave back."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> Any:
        """The answer of a command with ``-o json``."""
        return json.loads(self.out)


Baseline = Callable[..., Ran]
