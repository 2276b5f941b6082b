"""CloudTrail's API over moto's trails, and the record of every call."""

import datetime as dt
from http import HTTPStatus
from typing import Any, ClassVar

import msgspec
from moto.cloudtrail.models import cloudtrail_backends

from baseline.errors import AwsError
from baseline.simulation.cloudtrail import delivery, destinations, digests, events, lookup
from baseline.simulation.cloudtrail.delivery import Delivery
from baseline.simulation.cloudtrail.history import History
from baseline.simulation.cloudtrail.incidents import PLANTED, Incident
from baseline.simulation.cloudtrail.selectors import DEFAULT
from baseline.simulation.cloudtrail.trail import PRINCIPAL, Record, Trail
from baseline.simulation.service import Call, Refusal, Service

Answer = dict[str, Any]

# "Quotas in AWS CloudTrail": it cannot be increased.
_TRAILS_PER_REGION = 5
_KEYS_SINCE = dt.datetime(2019, 1, 1, tzinfo=dt.UTC)


class CloudTrail(Service):
    """Trails that check where they deliver to and do deliver; events of every call."""

    name: ClassVar[str] = "cloudtrail"
    planted: ClassVar[tuple[Incident, ...]] = PLANTED

    def __init__(self, simulation: Any) -> None:
        super().__init__(simulation)
        blueprint = simulation.blueprint
        # Extra members are new accounts: they have no past.
        known = (blueprint.main, *blueprint.members)
        accounts = {member.name: member.id for member in known if not member.suspended}
        self.history = History(blueprint.seed, accounts, simulation.clock.now().date())
        self.trails: dict[str, dict[str, Trail]] = {}
        self.records: dict[tuple[str, str], list[Record]] = {}
        self.delivered_past: set[tuple[str, str]] = set()
        self._looked_up: dict[tuple[str, str], list[Record]] = {}
        simulation.observers.append(self.observe)

    def __getstate__(self) -> dict[str, Any]:
        """All but the seeded past, which is made again when it is looked up."""
        return super().__getstate__() | {"_looked_up": {}}

    def observe(self, call: Call, answer: Answer | None, refusal: Refusal | None) -> None:
        """Record a call, in the caller's account and where else AWS records it."""
        # 501 is the simulation's own way to say that it has not got something.
        if call.internal or (refusal and refusal.status == HTTPStatus.NOT_IMPLEMENTED):
            return
        event = events.of_call(call, answer, refusal)
        self._record(event, call.time)
        elsewhere = events.in_role_account(call, event)
        if elsewhere:
            self._record(elsewhere, call.time)

    def deliver(self) -> int:
        """Write to the buckets of all trails what they have not written yet; how many objects."""
        trails = sorted(self._all(), key=lambda t: (t.started or self._now(), t.arn))
        return sum(self._deliver(trail) for trail in trails)

    def create_trail(self, call: Call) -> Answer:
        """A trail, after its bucket, policy, log group and role were found good."""
        name = call.parameters["Name"]
        there = cloudtrail_backends[call.account_id][call.region].trails
        if name in there:
            raise Refusal(
                "TrailAlreadyExistsException",
                f"Trail {name} already exists for customer: {call.account_id}",
            )
        if len(there) >= _TRAILS_PER_REGION:
            raise Refusal(
                "MaximumNumberOfTrailsExceededException",
                f"User: {call.account_id} already has {len(there)} trails in {call.region}.",
            )
        if call.parameters.get("IsOrganizationTrail"):
            self._only_main(call)
            self._check_access(call)
        trail = Trail(call.account_id, call.region, name)
        destinations.check(trail, call.parameters, self._organization_id)
        answer = self.moto(call)
        trail.settings = there[name]
        self.trails.setdefault(call.account_id, {})[trail.arn] = trail
        return answer

    def describe_trails(self, call: Call) -> Answer:
        """The account's trails; beside them, as shadows, those of the organization."""
        answer, asked = self.moto(call), call.parameters
        if not asked.get("includeShadowTrails", True):
            return answer
        own = {trail["TrailARN"] for trail in answer["trailList"]}
        main = self.simulation.blueprint.main.id
        answer["trailList"] += [
            trail.settings.description()
            for trail in self._of(call.account_id)
            if trail.account_id == main
            and trail.arn not in own
            and trail.arn in (asked.get("trailNameList") or (trail.arn,))
            and trail.covers(call.account_id, call.region)
        ]
        return answer

    def update_trail(self, call: Call) -> Answer:
        """Change a trail, after the same checks."""
        trail = self._trail(call, "Name")
        settings = trail.settings
        before = {
            "S3BucketName": settings.bucket_name,
            "S3KeyPrefix": settings.s3_key_prefix,
            "IsOrganizationTrail": settings.is_org_trail,
            "CloudWatchLogsLogGroupArn": settings.cw_log_group_arn,
            "CloudWatchLogsRoleArn": settings.cw_role_arn,
        }
        destinations.check(trail, before | call.parameters, self._organization_id)
        return self.moto(call)

    def delete_trail(self, call: Call) -> Answer:
        """Delete a trail; what it has not delivered is lost."""
        trail = self._trail(call, "Name")
        del self.trails[call.account_id][trail.arn]
        del cloudtrail_backends[call.account_id][call.region].trails[trail.name]
        return {}

    def start_logging(self, call: Call) -> Answer:
        """Record from this call on."""
        self._trail(call, "Name").start(self._now())
        return self.moto(call)

    def stop_logging(self, call: Call) -> Answer:
        """Record up to this call, and this call."""
        self._trail(call, "Name").stop(self._now())
        return self.moto(call)

    def get_trail_status(self, call: Call) -> Answer:
        """Whether it logs, and when it last delivered."""
        trail = self._trail(call, "Name", anywhere=True)
        status = {
            "IsLogging": trail.logging,
            "LatestDeliveryError": trail.delivery_error or None,
            "LatestDeliveryTime": trail.delivered,
            "StartLoggingTime": trail.started,
            "StopLoggingTime": trail.stopped,
            "LatestCloudWatchLogsDeliveryTime": trail.log_group_delivered,
            "LatestDigestDeliveryTime": trail.digested,
            "TimeLoggingStarted": _iso(trail.started),
            "TimeLoggingStopped": _iso(trail.stopped),
        }
        return {name: value for name, value in status.items() if value is not None}

    def get_event_selectors(self, call: Call) -> Answer:
        """The selectors; without any, the one that AWS gives every trail."""
        trail = self._trail(call, "TrailName", anywhere=True)
        basic, advanced = trail.settings.get_event_selectors()
        chosen = {"AdvancedEventSelectors": advanced} if advanced and not basic else {}
        return {"TrailARN": trail.arn} | (chosen or {"EventSelectors": basic or [*DEFAULT]})

    def lookup_events(self, call: Call) -> Answer:
        """Management events of the caller's account and region, the seeded past among them."""
        place = (call.account_id, call.region)
        if place not in self._looked_up:
            days = self.history.days(*place)
            past = (record for day in days for record in delivery.records(day))
            self._looked_up[place] = [r for r in past if b'"managementEvent":false' not in r.text]
        everything = (*self._looked_up[place], *self.records.get(place, ()))
        return lookup.look_up(everything, call.parameters, self._now())

    def list_public_keys(self, _call: Call) -> Answer:
        """The key that digests are signed with: one for all regions, where AWS has one in each."""
        key = {
            "Value": self._key.public,
            "Fingerprint": self._key.fingerprint,
            "ValidityStartTime": _KEYS_SINCE,
            "ValidityEndTime": self._now() + dt.timedelta(days=365),
        }
        return {"PublicKeyList": [key]}

    def register_organization_delegated_admin(self, call: Call) -> Answer:
        """Register a member with Organizations for CloudTrail."""
        self._delegate(call, "register_delegated_administrator", "MemberAccountId")
        return {}

    def deregister_organization_delegated_admin(self, call: Call) -> Answer:
        """Take the registration back."""
        self._delegate(call, "deregister_delegated_administrator", "DelegatedAdminAccountId")
        return {}

    def _delegate(self, call: Call, operation: str, parameter: str) -> None:
        self._only_main(call)
        client = self.simulation.client("organizations", events.GLOBAL_REGION, call.account_id)
        try:
            getattr(client, operation)(
                AccountId=call.parameters[parameter], ServicePrincipal="cloudtrail.amazonaws.com"
            )
        except AwsError as error:
            raise Refusal(error.code, error.what) from error

    def _only_main(self, call: Call) -> None:
        if call.account_id != self.simulation.blueprint.main.id:
            raise Refusal(
                "NotOrganizationManagementAccountException",
                "You must use the management account of the organization to do this.",
            )

    def _check_access(self, call: Call) -> None:
        """Whether Organizations lets CloudTrail in [CreateTrail]."""
        client = self.simulation.client("organizations", events.GLOBAL_REGION, call.account_id)
        enabled = client.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
        if PRINCIPAL not in {service["ServicePrincipal"] for service in enabled}:
            raise Refusal(
                "CloudTrailAccessNotEnabledException",
                "Your organization has not enabled CloudTrail service access.",
            )

    def _record(self, event: Answer, time: dt.datetime) -> None:
        place = event["recipientAccountId"], event["awsRegion"]
        record = Record(*place, time, msgspec.json.encode(event))
        if event["managementEvent"]:
            self.records.setdefault(place, []).append(record)
        for trail in self._of(place[0]):
            if trail.logged_at(time) and trail.wants(event):
                trail.pending.append(record)

    def _deliver(self, trail: Trail) -> int:
        past = [p for p in self._undelivered_past() if trail.logging and trail.covers(*p)]
        if not (past or trail.pending):
            return 0
        trail.delivery_error = trail.refused(self._organization_id)
        if trail.delivery_error:
            return 0
        visit = Delivery(trail, self._key, self._now(), self._organization_id)
        for place in past:
            visit.past(self.history.days(*place))
            self.delivered_past.add(place)
        visit.pending()
        return visit.written

    def _undelivered_past(self) -> list[tuple[str, str]]:
        return [place for place in self.history.places() if place not in self.delivered_past]

    def _trail(self, call: Call, parameter: str, *, anywhere: bool = False) -> Trail:
        """The trail that a call names; only reads find it from outside its home region."""
        named = call.parameters[parameter]
        own = self.trails.get(call.account_id, {}).values()
        found = next((t for t in own if named in (t.name, t.arn) and t.region == call.region), None)
        if found:
            return found
        shadow = next((t for t in own if named in (t.name, t.arn)), None)
        if shadow is None or not shadow.covers(call.account_id, call.region):
            arn = f"arn:aws:cloudtrail:{call.region}:{call.account_id}:trail/{named}"
            unknown = named if named.startswith("arn:") else arn
            raise Refusal(
                "TrailNotFoundException",
                f"Unknown trail: {unknown} for the user: {call.account_id}",
            )
        if not anywhere:
            raise Refusal(
                "InvalidHomeRegionException", f"The home region of the trail is {shadow.region}."
            )
        return shadow

    def _of(self, account_id: str) -> list[Trail]:
        """The trails that may log an account's events: its own, and those of the organization."""
        main = self.simulation.blueprint.main.id
        own = list(self.trails.get(account_id, {}).values())
        others = list(self.trails.get(main, {}).values()) if account_id != main else []
        return own + [trail for trail in others if trail.settings.is_org_trail]

    def _all(self) -> list[Trail]:
        # Copies, because calls go on while a delivery is made.
        return [trail for trails in list(self.trails.values()) for trail in list(trails.values())]

    def _now(self) -> dt.datetime:
        now: dt.datetime = self.simulation.clock.now()
        return now

    @property
    def _key(self) -> digests.SigningKey:
        return digests.signing_key(self.simulation.blueprint.seed)

    @property
    def _organization_id(self) -> str:
        return str(self.simulation.blueprint.organization_id)


def _iso(time: dt.datetime | None) -> str | None:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}" if time else None
