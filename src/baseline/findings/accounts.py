"""The organization as it last was: kept beside the runs by whoever asked AWS."""

from pathlib import Path

import msgspec

from baseline.errors import ToolError
from baseline.files import write
from baseline.organization import Organization

_FILE = "organization.json"


def keep(organization: Organization, reports: Path) -> None:
    """Remember ``organization``; raises ToolError when it cannot be written."""
    write(reports / _FILE, msgspec.json.encode(organization))


def known(reports: Path) -> Organization | None:
    """What is remembered, if anything is; raises ToolError when it is not whole."""
    file = reports / _FILE
    try:
        return msgspec.json.decode(file.read_bytes(), type=Organization)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise ToolError(
            f"it is not what an organization was kept as: {error}",
            where=str(file),
            remedy="Remove it; the next audit or proof writes it anew.",
        ) from error
