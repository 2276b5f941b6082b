"""Account Management: which regions an account has enabled."""

from typing import Any, ClassVar

from baseline.simulation.paging import page
from baseline.simulation.service import Call, Refusal, Service

_PAGE = 10

# Regions that an account has only after it opted in [Account Management: Regions].
OPT_IN = ("af-south-1", "ap-east-1", "eu-south-1", "me-south-1")


class Account(Service):
    """Regions and the primary contact, also for members when the main account asks."""

    name: ClassVar[str] = "account"

    def list_regions(self, call: Call) -> dict[str, Any]:
        """Regions with their state, in pages of ten."""
        self._check_account(call)
        wanted = call.parameters.get("RegionOptStatusContains")
        regions = [
            {"RegionName": name, "RegionOptStatus": status}
            for name, status in self._regions().items()
            if not wanted or status in wanted
        ]
        asked = call.parameters
        found, more = page(
            regions, asked.get("NextToken"), asked.get("MaxResults"), _PAGE, "ValidationException"
        )
        return {"Regions": found, **more}

    def get_region_opt_status(self, call: Call) -> dict[str, Any]:
        """The state of one region."""
        self._check_account(call)
        name = call.parameters["RegionName"]
        status = self._regions().get(name)
        if status is None:
            raise Refusal("ValidationException", f"{name} is not a region")
        return {"RegionName": name, "RegionOptStatus": status}

    def get_contact_information(self, call: Call) -> dict[str, Any]:
        """Whom AWS would write to: every account has a primary contact."""
        self._check_account(call)
        return {
            "ContactInformation": {
                "FullName": "Acme Security",
                "CompanyName": "Acme",
                "AddressLine1": "1 Example Street",
                "City": "Dublin",
                "CountryCode": "IE",
                "PostalCode": "D01 X2X2",
                "PhoneNumber": "+353000000000",
            }
        }

    def _regions(self) -> dict[str, str]:
        enabled = dict.fromkeys(self.simulation.blueprint.regions, "ENABLED_BY_DEFAULT")
        return dict(sorted((dict.fromkeys(OPT_IN, "DISABLED") | enabled).items()))

    def _check_account(self, call: Call) -> None:
        asked = call.parameters.get("AccountId")
        if asked is None:
            return
        main = self.simulation.blueprint.main.id
        if asked == main:
            # AWS: the management account may not name itself.
            raise Refusal("ValidationException", "The management account cannot name itself")
        if call.account_id != main or asked not in self.simulation.account_ids():
            raise Refusal("AccessDeniedException", f"{call.arn} may not ask for {asked}", 403)
