"""What IAM reports of an account as a whole: credentials, root user, services last used."""

import csv
import io
import uuid
from typing import Any, ClassVar

from baseline.simulation.service import Call, Service

Answer = dict[str, Any]

_ROOT = "<root_account>"
_NOT_FOR_ROOT = ("password_last_changed", "password_next_rotation")
_NEVER = "N/A"
_UNKNOWN = "not_supported"  # moto's word where AWS says N/A for a user


class Reports(Service):
    """Reports; every root user has MFA, but for those in ``roots_without_mfa``."""

    name: ClassVar[str] = "iam"

    def __init__(self, simulation: Any) -> None:
        super().__init__(simulation)
        self.roots_without_mfa: set[str] = set()

    def get_credential_report(self, call: Call) -> Answer:
        """The report as AWS writes it: the root user first, N/A for what a user has not got."""
        answer = self.moto(call)
        reader = csv.DictReader(io.StringIO(answer["Content"].decode()))
        columns = list(reader.fieldnames or ())
        root = self._root(call, columns)
        written = io.StringIO()
        writer = csv.DictWriter(written, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows([root, *(_user(row) for row in reader)])
        return {**answer, "Content": written.getvalue().encode()}

    def get_account_summary(self, call: Call) -> Answer:
        """Counts; says whether the root user has MFA."""
        answer = self.moto(call)
        answer["SummaryMap"]["AccountMFAEnabled"] = int(self._root_has_mfa(call.account_id))
        return answer

    def generate_service_last_accessed_details(self, _call: Call) -> Answer:
        """A report that is ready at once."""
        return {"JobId": str(uuid.uuid4())}

    def get_service_last_accessed_details(self, call: Call) -> Answer:
        """Nobody's use of services is tracked here."""
        return {
            "JobStatus": "COMPLETED",
            "JobCreationDate": call.time,
            "JobCompletionDate": call.time,
            "ServicesLastAccessed": [],
        }

    def _root_has_mfa(self, account_id: str) -> bool:
        return account_id not in self.roots_without_mfa

    def _root(self, call: Call, columns: list[str]) -> dict[str, str]:
        known = {
            "user": _ROOT,
            "arn": f"arn:aws:iam::{call.account_id}:root",
            "user_creation_time": "2024-01-15T09:00:00+00:00",
            "password_enabled": "true",
            "password_last_used": "no_information",
            **dict.fromkeys(_NOT_FOR_ROOT, _UNKNOWN),
            **{column: "false" for column in columns if column.endswith("_active")},
            "mfa_active": str(self._root_has_mfa(call.account_id)).lower(),
        }
        return {column: known.get(column, _NEVER) for column in columns}


def _user(row: dict[str, str]) -> dict[str, str]:
    corrected = {name: _NEVER if value == _UNKNOWN else value for name, value in row.items()}
    if row["password_enabled"] == "false":  # noqa: S105  # the column says true or false
        corrected["password_last_changed"] = _NEVER
    return corrected
