"""A PASS that rests on a call that failed is UNKNOWN, and only that."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from baseline.audit import manifest, prowler, results, scoutsuite
from baseline.audit.doubts import Doubts, brief
from baseline.audit.manifest import Entry, Run, Status
from baseline.audit.obstacles import Kind, Obstacle
from baseline.audit.prowler_source import Source
from baseline.errors import ToolError
from baseline.findings.model import NOTHING_THERE, Finding
from given_audits import FIRST

Audit = Callable[..., Run]

DENIAL = "KMS: An error occurred (AccessDenied) when calling the ListKeys operation: no"
SERVICE = """\
from prowler.lib.logger import logger

class S3:
    def __init__(self):
        self.buckets = {}
        self.owner = self._get_owner()
        self._list_buckets()
        self._get_policy()

    def _list_buckets(self):
        try:
            for found in self.client.list_buckets():
                self.buckets[found["arn"]] = Bucket(arn=found["arn"], name=found["name"])
        except Exception as error:
            logger.error(f"{error}")

    def _get_policy(self, bucket):
        try:
            bucket.policy = self.client.get_bucket_policy(Bucket=bucket.name)
        except Exception as error:
            logger.error(f"{error}")

    def _get_owner(self):
        try:
            return self.client.owner()
        except Exception as error:
            logger.error(f"{error}")

    def _label(self):
        self.labels = [self.owner]
"""
# What each check reads, and the lines whose errors mislead it.
LIST, POLICY, OWNER, START = 15, 21, 27, 6
CHECKS = {
    "s3_public": ("for b in s3_client.buckets: b.policy", {LIST, POLICY, START}),
    "s3_named": ("for b in s3_client.buckets: b.name", {LIST, START}),
    "s3_owned": ("s3_client.owner", {OWNER, START}),
    "s3_labelled": ('getattr(s3_client, "labels")', {OWNER, START}),
    "s3_helped": ("is_public(b)", {POLICY, START}),
}
IMPORTED = "from prowler.providers.aws.services.s3.s3_client import s3_client\n"
HELPER = "from prowler.providers.aws.services.s3.lib.policy import is_public\n"


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A Prowler with one service, a helper, and a check that has nothing to do with either."""
    services = tmp_path / "prowler/providers/aws/services"
    (services / "s3/lib").mkdir(parents=True)
    (services / "s3/s3_service.py").write_text(SERVICE)
    (services / "s3/lib/policy.py").write_text("def is_public(b):\n    return b.policy\n")
    texts = {name: IMPORTED + text for name, (text, _) in CHECKS.items()}
    texts["s3_helped"] = HELPER + texts["s3_helped"]
    for name, text in (texts | {"iam_other": "iam_client.buckets"}).items():
        place = services / name.split("_")[0] / name
        place.mkdir(parents=True)
        (place / f"{name}.py").write_text(text)
        (place / f"{name}.metadata.json").write_text("{}")
    return tmp_path


@pytest.mark.parametrize("line", [LIST, POLICY, OWNER, START])
def test_an_error_misleads_the_checks_that_read_what_its_function_fills(
    packages: Path, line: int
) -> None:
    misled = {name for name, (_, lines) in CHECKS.items() if line in lines}
    assert set(Source(packages).resting_on("s3_service.py", line)) == misled


def test_an_error_in_a_check_misleads_that_check_and_one_in_a_helper_those_that_import_it(
    packages: Path,
) -> None:
    source = Source(packages)
    assert source.resting_on("s3_named.py", 1) == ("s3_named",)
    assert source.resting_on("policy.py", 2) == ("s3_helped",)
    assert source.resting_on("somewhere_else.py", 2) == ()


def finding(**values: str) -> Finding:
    row = dict.fromkeys(Finding._fields, "") | {
        "service": "s3", "check": "s3_public", "region": "eu-west-1", "status": "PASS",
    }  # fmt: skip
    return Finding(**(row | values))


def obstacle(checks: tuple[str, ...] | None, region: str = "eu-west-1") -> Obstacle:
    return Obstacle(Kind.DENIED, "s3", region, "GetBucketPolicy", 2, "no", checks)


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({}, "UNKNOWN"),
        ({"status": "FAIL"}, "FAIL"),
        ({"status": "MANUAL"}, "MANUAL"),
        ({"status": "MUTED"}, "MUTED"),
        ({"region": "us-east-1"}, "PASS"),
        ({"region": ""}, "UNKNOWN"),
        ({"check": "s3_named"}, "PASS"),
        ({"service": "cloudtrail", "region": "us-east-1"}, "UNKNOWN"),
    ],
)
def test_what_an_obstacle_makes_of_an_answer(values: dict[str, str], status: str) -> None:
    """A check of another service may read the bucket of any region."""
    assert Doubts([obstacle(("s3_public",))]).settle(finding(**values)).status == status


def test_an_obstacle_in_no_known_place_makes_every_pass_of_the_check_unknown() -> None:
    doubts = Doubts([obstacle(("s3_public",), region="")])
    settled = doubts.settle(finding(region="ap-south-1", detail="It is closed."))
    assert settled.status == "UNKNOWN"
    assert settled.detail == "denied (2 times): no. Without it: It is closed."


def test_where_the_checks_are_not_known_every_pass_of_the_service_is_unknown() -> None:
    doubts = Doubts([obstacle(None)])
    assert doubts.settle(finding(check="any")).status == "UNKNOWN"
    assert doubts.settle(finding(check="any", service="iam")).status == "PASS"


def test_an_obstacle_that_no_answer_tells_of_has_a_row_of_its_own() -> None:
    doubts = Doubts([obstacle(("s3_public",)), obstacle(())])
    doubts.settle(finding())
    assert list(doubts.untold()) == [obstacle(())]


def answers(run: Run, tmp_path: Path, tool: str = "prowler") -> tuple[Entry, list[Finding]]:
    entry = next(e for e in run.entries if e.key == (FIRST, tool))
    return entry, list(results.findings(entry, tmp_path / "reports"))


def test_every_check_has_an_answer_and_the_manifest_counts_the_same(
    audit: Audit, tmp_path: Path
) -> None:
    """The stub carries out six checks; s3_none finds no resource of its kind, and writes no row."""
    entry, found = answers(audit(), tmp_path)
    assert {f.check for f in found} == {
        "s3_open", "s3_tls", "iam_mfa", "iam_old", "iam_ask", "s3_none",
    }  # fmt: skip
    assert [f.check for f in found if f.detail == NOTHING_THERE] == ["s3_none"]
    assert (entry.idle, entry.counts["PASS"]) == (1, 2)
    assert sum(entry.counts.values()) == len(found)
    assert {f.account_id for f in found} == {FIRST}


def test_a_throttled_call_makes_unknown_what_passed_and_leaves_what_failed(
    audit: Audit, tmp_path: Path
) -> None:
    """In the stub's source s3_tls and s3_none read what the throttled call would have brought."""
    entry, found = answers(audit({f"prowler {FIRST}": "throttled"}), tmp_path)
    status = {f.check: f.status for f in found}
    assert (status["s3_open"], status["s3_tls"], status["s3_none"]) == (
        "FAIL",
        "UNKNOWN",
        "UNKNOWN",
    )
    assert entry.counts["UNKNOWN"] == 2
    assert entry.status is Status.PARTIAL
    told = next(f for f in found if f.check == "s3_tls")
    assert told.detail.startswith("throttled (once): eu-west-1 -- ")
    again = manifest.latest(tmp_path / "reports")
    assert answers(again, tmp_path)[1] == found


def test_checks_that_were_left_out_are_told(audit: Audit, tmp_path: Path) -> None:
    """As after an interrupt that Prowler swallows: its report looks whole."""
    entry, found = answers(audit({f"prowler {FIRST}": "leaves a check out"}), tmp_path)
    assert (entry.status, entry.counts["UNKNOWN"]) == (Status.PARTIAL, 1)
    assert found[-1].detail == "crashed (once): 1 of 6 checks were not carried out"


def test_a_check_that_gives_no_answer_and_no_reason_is_unknown(
    audit: Audit, tmp_path: Path
) -> None:
    entry, found = answers(audit({f"prowler {FIRST}": "says nothing"}), tmp_path)
    (unknown,) = (f for f in found if f.status == "UNKNOWN")
    assert (unknown.check, entry.idle) == ("s3_none", 0)
    assert unknown.detail == "It gave no answer, and did not say why."


def test_a_row_that_is_gone_is_missed_though_its_check_is_in_the_log(
    audit: Audit, tmp_path: Path
) -> None:
    entry, _ = answers(audit(), tmp_path)
    file = tmp_path / "reports" / entry.directory / "prowler.csv"
    rows = file.read_text().splitlines(keepends=True)
    file.write_text("".join(row for row in rows if "iam_ask" not in row))
    with pytest.raises(ToolError, match="its results are gone: 6 of 6"):
        list(results.findings(entry, tmp_path / "reports"))


def test_a_rule_of_scoutsuite_rests_on_its_whole_service(audit: Audit, tmp_path: Path) -> None:
    entry, found = answers(audit({f"scoutsuite {FIRST}": "denied"}), tmp_path, "scoutsuite")
    assert {f.check: f.status for f in found} == {
        "s3-open": "FAIL", "s3-fine": "UNKNOWN", "s3-none": "UNKNOWN",
    }  # fmt: skip
    assert (entry.status, entry.counts) == (Status.PARTIAL, {"FAIL": 1, "UNKNOWN": 2})


SCOUT = "2026-01-01 00:00:00 host scout[1] "
PAGES = (
    "utils.py L57: Failed to get all pages from paginator for the {} service: An error occurred "
)
DENIED = "(UnauthorizedOperation) when calling the DescribeThings operation: no"


def scout_obstacles(tmp_path: Path, *lines: str) -> list[tuple[str, Kind, tuple[str, ...] | None]]:
    """What ScoutSuite could not see when its log has these ``lines``."""
    for service in ("ec2", "vpc", "s3", "awslambda", "cloudwatch", "route53"):
        (tmp_path / "ScoutSuite/providers/aws/resources" / service).mkdir(parents=True)
    (tmp_path / "scoutsuite-errors.log").write_text("".join(f"{SCOUT}{line}\n" for line in lines))
    found = scoutsuite.obstacles(tmp_path, tmp_path)
    return [(o.service, o.kind, o.checks) for o in found]


@pytest.mark.parametrize(
    ("line", "services"),
    [
        (PAGES.format("ec2"), ["ec2", "vpc"]),
        ("ec2.py L9: Failed to get VPCs: An error occurred ", ["ec2", "vpc"]),
        (PAGES.format("lambda"), ["awslambda"]),
        (PAGES.format("logs"), ["cloudwatch"]),
        (PAGES.format("route53domains"), ["route53"]),
        (PAGES.format("s3"), ["s3"]),
        # Code that all services use, or that nobody knows: any of them may be meant.
        ("base.py L17: Failed to call fetch_all() for resource x: An error occurred ", [""]),
    ],
)
def test_scoutsuite_s_rules_rest_on_the_calls_of_what_their_service_reads_by(
    tmp_path: Path, line: str, services: list[str]
) -> None:
    found = scout_obstacles(tmp_path, f"ERROR {line}{DENIED}")
    assert found == [(service, Kind.DENIED, None) for service in services]


def test_an_obstacle_of_no_service_makes_every_pass_unknown() -> None:
    everywhere = Obstacle(Kind.DENIED, "", "", "", 1, "no")
    settled = [Doubts([everywhere]).settle(finding(service=s)).status for s in ("s3", "iam", "")]
    assert settled == ["UNKNOWN"] * 3


def test_what_scoutsuite_s_rules_cannot_make_out_is_about_no_service(tmp_path: Path) -> None:
    line = 'ERROR browser.py L102: Unable to get "Effect" from target object "Allow" in path "x"'
    assert scout_obstacles(tmp_path, line) == [("browser", Kind.NOT_UNDERSTOOD, ())]


def test_a_rule_that_scoutsuite_gave_up_does_not_pass(tmp_path: Path) -> None:
    """It gives such a rule noughts, like one that had nothing to look at."""
    given_up = {"description": "ACLs", "checked_items": 0, "flagged_items": 0}
    content = {"account_id": FIRST, "services": {"vpc": {"findings": {"vpc-acls": given_up}}}}
    (tmp_path / "scoutsuite-results").mkdir()
    file = tmp_path / "scoutsuite-results/scoutsuite_results_scoutsuite.js"
    file.write_text(f"scoutsuite_results =\n{json.dumps(content)}")
    assert [f.status for f in scoutsuite.findings(tmp_path)] == ["UNKNOWN"]


def test_of_scoutsuite_s_warnings_those_count_that_tell_of_a_call_without_an_answer(
    tmp_path: Path,
) -> None:
    line = "WARNING Failed to get ACL configuration for b: An error occurred ({}) when calling the "
    assert scout_obstacles(
        tmp_path,
        f"{line.format('InvalidToken')}GetBucketAcl operation: no",
        f"{line.format('NoSuchBucket')}GetBucketAcl operation: no",
        "WARNING Resource x attached to flow logs is not handled",
    ) == [("s3", Kind.CREDENTIALS, None)]


def test_a_log_cannot_speak_to_the_terminal(tmp_path: Path) -> None:
    line = f"ERROR s3.py L42: Failed for \x1b]0;PWNED\x07: An error occurred {DENIED}"
    scout_obstacles(tmp_path, line)
    (found,) = scoutsuite.obstacles(tmp_path, tmp_path)
    assert found.example.isprintable()
    assert found.service == "s3"


def test_a_prowler_that_did_not_say_how_many_checks_it_has_may_have_left_some_out(
    tmp_path: Path,
) -> None:
    (tmp_path / "log.txt").write_text("Check ID: s3_open - s3 [high]\n")
    (found,) = prowler.obstacles(tmp_path, tmp_path)
    assert (found.kind, found.checks) == (Kind.CRASHED, ())


def test_a_line_without_end_is_not_held(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_text(f"{'x' * 30_000}Executing 9 checks, \nExecuting 0 checks, please wait...\n")
    assert prowler.obstacles(tmp_path, tmp_path) == ()


WARNING = (
    '{{"timestamp": "t", "filename": "s3_service.py:1", "level": "WARNING", "module": '
    '"{module}_service", "message": "eu-west-1 -- ClientError[1]: An error occurred ({code}) '
    'when calling the {operation} operation: no"}}\n'
)


@pytest.mark.parametrize(
    ("module", "code", "operation", "kinds"),
    [
        ("config", "AccessDeniedException", "DescribeConfigRules", [Kind.DENIED]),
        ("s3", "InvalidRequest", "GetBucketAcl", []),
        ("s3", "NoSuchBucket", "GetBucketAcl", []),
        # No right would bring a member account what only the main account is told.
        ("organizations", "AccessDeniedException", "ListPolicies", [Kind.NOT_AVAILABLE]),
        ("guardduty", "BadRequestException", "ListOrganizationAdminAccounts",
         [Kind.NOT_AVAILABLE]),
    ],
)  # fmt: skip
def test_of_prowler_s_warnings_those_count_that_tell_of_something_not_seen(
    tmp_path: Path, module: str, code: str, operation: str, kinds: list[Kind]
) -> None:
    line = WARNING.format(module=module, code=code, operation=operation)
    (tmp_path / "prowler-errors.log").write_text(line)
    (tmp_path / "log.txt").write_text("Executing 0 checks, please wait...\n")
    assert [o.kind for o in prowler.obstacles(tmp_path, tmp_path)] == kinds


def test_a_check_that_an_error_ended_is_named(tmp_path: Path) -> None:
    (tmp_path / "prowler-errors.log").write_text(
        '{"timestamp": "t", "filename": "check.py:751", "level": "ERROR", "module": "check", '
        '"message": "s3_public -- KeyError[12]: \'Name\'"}\n'
    )
    (tmp_path / "log.txt").write_text("Executing 1 check, please wait...\n")
    (found,) = prowler.obstacles(tmp_path, tmp_path)
    assert (found.kind, found.service, found.checks) == (Kind.CRASHED, "s3", ("s3_public",))


@pytest.mark.parametrize(
    ("detail", "short"),
    [
        (
            f"denied (3 times): {DENIAL}; denied (once): {DENIAL}. Without it: ok",
            "ListKeys: denied",
        ),
        (
            f"denied (once): {DENIAL} with an explicit deny in a service control policy",
            "ListKeys: denied with an explicit deny in a service control policy",
        ),
        (
            f"throttled (once): {DENIAL}; crashed (once): Could not fetch",
            "ListKeys: throttled; crashed: Could not fetch",
        ),
        ("nobody has looked yet. Run: x", "nobody has looked yet. Run: x"),
    ],
)
def test_why_in_short_is_the_same_in_every_place(detail: str, short: str) -> None:
    assert brief(detail) == short
