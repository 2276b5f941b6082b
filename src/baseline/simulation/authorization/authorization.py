"""The decision: every call of a principal is put to the policies over it and to its own.

Source: IAM User Guide, "Policy evaluation logic"; Organizations User Guide, "SCP evaluation".
"""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from baseline.permissions import Request, Statement, concerning, holds
from baseline.simulation.authorization import resource_policies
from baseline.simulation.authorization.actions import Keys, Need, needs
from baseline.simulation.authorization.principals import Principal, principal
from baseline.simulation.faults import denied
from baseline.simulation.identity import Identity
from baseline.simulation.service import Call

if TYPE_CHECKING:
    from baseline.simulation.organizations import Organizations
    from baseline.simulation.simulation import Simulation

# A kind of policy, and the documents of which one has to allow.
Layer = tuple[str, tuple[str, ...]]

_CONTROL, _IDENTITY, _BOUNDARY = (
    "service control policy", "identity-based policy", "permissions boundary",
)  # fmt: skip
_OF_RESOURCE = " with an explicit deny in a resource-based policy"
_ACCOUNT = re.compile(r"arn:aws:[^:]*:[^:]*:(\d{12}):")
# Nobody needs to be allowed these [STS API Reference].
_FREE = {("sts", "GetCallerIdentity"), ("sts", "GetSessionToken")}
# Of these keys there is nothing beside what is in the context.
_SETTLED = (
    "aws:called", "aws:currenttime", "aws:epochtime", "aws:multifactor", "aws:principal",
    "aws:request", "aws:securetransport", "aws:source", "aws:tagkeys", "aws:useragent",
    "aws:username", "aws:viaaws", "ec2:createaction", "iam:awsservicename",
    "iam:passedtoservice", "iam:permissionsboundary", "iam:policyarn",
)  # fmt: skip


class Authorization:
    """Says no to calls that the policies of this organization do not allow."""

    def __init__(self, simulation: "Simulation") -> None:
        self._simulation = simulation

    def check(self, call: Call) -> None:
        """Raise the Refusal for a call that its caller may not make."""
        if call.internal or (call.service, call.operation) in _FREE:
            return
        who = principal(call)
        layers = tuple(self._layers(call, who))
        if not layers and call.service not in resource_policies.SERVICES:
            return
        context = self._context(call, who)
        for need in needs(call):
            request = self._request(need, context)
            why = _refused(layers, request)
            if resource_policies.denies(request):
                why = _OF_RESOURCE
            if why:
                raise denied(call, need.resource or "*", why, need.action)

    def permit(
        self, who: Identity, region: str, service: str, operation: str, parameters: dict[str, Any]
    ) -> None:
        """Raise the Refusal for what AWS may not do as ``who``, where no call is made of it."""
        self.check(
            Call(
                account_id=who.account_id,
                arn=who.arn,
                access_key_id=who.access_key_id,
                identity=who.record,
                region=region,
                service=service,
                operation=operation,
                parameters=parameters,
                source_ip=who.invoked_by,
                user_agent=who.invoked_by,
                time=self._simulation.clock.now(),
                event_id="",
            )
        )

    def _layers(self, call: Call, who: Principal) -> Iterator[Layer]:
        if not who.linked:
            for documents in self._organization.control_policies(call.account_id):
                yield _CONTROL, documents
        if who.policies is not None:
            yield _IDENTITY, who.policies
        if who.boundary is not None:
            yield _BOUNDARY, who.boundary

    def _request(self, need: Need, context: dict[str, str | tuple[str, ...]]) -> Request:
        keys = {**context, **need.keys, **self._owner(need)}
        return Request(need.action, need.resource, keys, _SETTLED + need.settled)

    def _owner(self, need: Need) -> Keys:
        """Whose the resource is, as far as its ARN says."""
        found = _ACCOUNT.match(need.resource)
        if found is None:
            return {}
        inside = found[1] in self._simulation.account_ids()
        organization = {"aws:resourceorgid": self._simulation.blueprint.organization_id}
        return {"aws:resourceaccount": found[1], **(organization if inside else {})}

    def _context(self, call: Call, who: Principal) -> dict[str, str | tuple[str, ...]]:
        """The condition keys that every request has."""
        via = call.identity.get("invokedBy", "")
        organization = self._simulation.blueprint.organization_id
        context: dict[str, str | tuple[str, ...]] = {
            "aws:currenttime": call.time.isoformat(),
            "aws:epochtime": str(int(call.time.timestamp())),
            "aws:principalaccount": call.account_id,
            "aws:principalarn": who.arn,
            "aws:principalisawsservice": "false",
            "aws:principalorgid": organization,
            "aws:principalorgpaths": (self._organization.path(call.account_id),),
            "aws:principaltype": who.kind,
            "aws:requestedregion": call.region,
            "aws:securetransport": "true",
            "aws:useragent": call.user_agent,
            "aws:viaawsservice": str(bool(via)).lower(),
            **{f"aws:principaltag/{key.lower()}": value for key, value in who.tags.items()},
        }
        return context | _of_session(call, via)

    @property
    def _organization(self) -> "Organizations":
        found: Organizations = self._simulation.service("organizations")
        return found


def _of_session(call: Call, via: str) -> dict[str, str | tuple[str, ...]]:
    found: dict[str, str | tuple[str, ...]] = {}
    found |= {"aws:calledvia": (via,)} if via else {"aws:sourceip": call.source_ip}
    if "userName" in call.identity:
        found["aws:username"] = call.identity["userName"]
    # Long-term keys alone have no such key.
    attributes = call.identity.get("sessionContext", {}).get("attributes")
    if attributes:
        found["aws:multifactorauthpresent"] = attributes["mfaAuthenticated"]
    return found


def _refused(layers: Iterable[Layer], request: Request) -> str:
    """Why not, in AWS's words; empty when nothing is in the way. A Deny goes before all else."""
    answers = [(kind, _verdict(documents, request)) for kind, documents in layers]
    for kind, answer in answers:
        if answer is False:
            article = "an" if kind == _IDENTITY else "a"
            return f" with an explicit deny in {article} {kind}"
    for kind, answer in answers:
        if answer is None:
            return f" because no {kind} allows the {request.action} action"
    return ""


def _verdict(documents: Iterable[str], request: Request) -> bool | None:
    """False for a Deny, True for an Allow, None for neither.

    What cannot be told is decided for the caller: such an Allow counts, such a Deny does not.
    """
    allowed = None
    for statement in _concerning(documents, request.action):
        answer = holds(statement, request)
        if statement.get("Effect") == "Deny":
            if answer is True:
                return False
        elif answer is not False:
            allowed = True
    return allowed


def _concerning(documents: Iterable[str], action: str) -> Iterator[Statement]:
    for document in documents:
        try:
            yield from concerning(document, action)
        except ValueError:
            continue  # moto kept what is no policy, which allows nothing
