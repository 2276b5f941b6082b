"""A whole report of an organization that might be real: for tests, pictures and benchmarks."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from baseline.findings.comparison import Change
from baseline.findings.coverage import Covered
from baseline.findings.model import FAIL, MANUAL, MUTED, PASS, UNKNOWN, CheckDetails, Finding
from baseline.organization import DEFAULT_REGIONS, Account
from baseline.report.content import (
    Answer,
    Comparison,
    Content,
    OwnReport,
    Point,
    Shown,
    Source,
    Unseen,
)

# Tool, check, service, severity, kind of resource, title, detail; {r} is the resource.
CHECKS = """
prowler|iam_root_mfa_enabled|iam|critical|AwsIamUser|The root user has MFA|MFA is not enabled for the root account.
prowler|iam_no_root_access_key|iam|critical|AwsIamUser|The root user has no access key|The root account has one active access key.
prowler|s3_bucket_public_access|s3|critical|AwsS3Bucket|No bucket can be read by everybody|S3 bucket {r} has public access due to its bucket policy.
prowler|ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_22|ec2|high|AwsEc2SecurityGroup|No security group opens SSH to the internet|Security group {r} has the SSH port open to the internet.
prowler|ec2_securitygroup_allow_ingress_from_internet_to_any_port|ec2|high|AwsEc2SecurityGroup|No security group opens all ports to the internet|Security group {r} has all ports open to the internet.
prowler|rds_instance_no_public_access|rds|critical|AwsRdsDbInstance|No database is reachable from the internet|RDS instance {r} is set as publicly accessible.
prowler|iam_user_mfa_enabled_console_access|iam|high|AwsIamUser|Users with a console password have MFA|User {r} has a console password but MFA is not enabled.
prowler|iam_rotate_access_key_90_days|iam|medium|AwsIamUser|Access keys are younger than 90 days|User {r} has an access key that has not been rotated for 412 days.
prowler|s3_bucket_default_encryption|s3|medium|AwsS3Bucket|Buckets encrypt by default|S3 bucket {r} does not have default encryption enabled.
prowler|s3_bucket_secure_transport_policy|s3|medium|AwsS3Bucket|Buckets refuse plain HTTP|S3 bucket {r} allows requests over insecure transport.
prowler|cloudtrail_log_file_validation_enabled|cloudtrail|medium|AwsCloudTrailTrail|Trails write digests|Trail {r} has log file validation disabled.
prowler|kms_cmk_rotation_enabled|kms|medium|AwsKmsKey|Customer keys rotate|KMS key {r} has automatic rotation disabled.
prowler|vpc_flow_logs_enabled|vpc|medium|AwsEc2Vpc|VPCs keep flow logs|VPC {r} has flow logs disabled.
prowler|ec2_ebs_volume_encryption|ec2|medium|AwsEc2Volume|Volumes are encrypted|EBS volume {r} is not encrypted.
prowler|ec2_instance_imdsv2_enabled|ec2|high|AwsEc2Instance|Instances want tokens for their metadata|EC2 instance {r} has IMDSv2 disabled or not required.
prowler|rds_instance_storage_encrypted|rds|medium|AwsRdsDbInstance|Databases are encrypted|RDS instance {r} is not encrypted.
prowler|lambda_function_using_supported_runtimes|awslambda|medium|AwsLambdaFunction|Functions run on supported runtimes|Lambda function {r} uses python3.8, which is obsolete.
prowler|iam_password_policy_minimum_length_14|iam|medium|AwsIamAccountPasswordPolicy|Passwords have at least 14 characters|The password policy does not require 14 characters.
prowler|secretsmanager_automatic_rotation_enabled|secretsmanager|medium|AwsSecretsManagerSecret|Secrets rotate|Secret {r} has rotation disabled.
prowler|ecr_repositories_scan_images_on_push_enabled|ecr|medium|AwsEcrRepository|Images are scanned when pushed|ECR repository {r} has scan on push disabled.
prowler|cloudwatch_log_group_retention_policy_specific_days_enabled|cloudwatch|low|AwsLogsLogGroup|Log groups forget in time|Log group {r} has no retention period.
prowler|ec2_elastic_ip_unassigned|ec2|low|AwsEc2Eip|No address lies idle|Elastic IP {r} is not associated.
prowler|sns_topics_kms_encryption_at_rest_enabled|sns|low|AwsSnsTopic|Topics are encrypted|SNS topic {r} is not encrypted.
prowler|account_maintain_current_contact_details|account|medium|Other|Contact details are current|Log in to the console and check the contact details.
scoutsuite|iam-root-account-no-mfa|iam|critical||Root account without MFA|The root account has no MFA.
scoutsuite|s3-bucket-world-policy-star|s3|high||Bucket policy that lets everybody in|{r}: Principal is *.
scoutsuite|ec2-security-group-opens-SSH-port-to-all|ec2|high||Security group opens SSH to all|{r} opens port 22 to 0.0.0.0/0.
scoutsuite|ec2-default-security-group-in-use|ec2|high||Default security group in use|{r} is used by a network interface.
scoutsuite|iam-user-without-mfa|iam|high||User without MFA|{r} has a password and no MFA.
scoutsuite|cloudtrail-no-log-file-validation|cloudtrail|medium||Log file validation is off|{r} does not validate its files.
scoutsuite|ec2-ebs-snapshot-not-encrypted|ec2|medium||Snapshot not encrypted|{r} is not encrypted.
scoutsuite|vpc-subnet-without-flow-log|vpc|medium||Subnet without a flow log|{r} has no flow log.
guardduty|UnauthorizedAccess:EC2/SSHBruteForce|guardduty|low|AwsEc2Instance|SSH brute force against an instance|198.51.100.23 is performing SSH brute force attacks against {r}.
guardduty|CryptoCurrency:EC2/BitcoinTool.B!DNS|guardduty|high|AwsEc2Instance|An instance asks for a Bitcoin pool|EC2 instance {r} is querying a domain name associated with Bitcoin-related activity.
guardduty|Policy:IAMUser/RootCredentialUsage|guardduty|low|AwsIamUser|Root credentials were used|API DescribeInstances was invoked using root credentials.
guardduty|Recon:EC2/PortProbeUnprotectedPort|guardduty|low|AwsEc2Instance|An open port is being probed|Port 3389 of {r} is being probed by a known malicious host.
guardduty|Stealth:IAMUser/CloudTrailLoggingDisabled|guardduty|high|AwsIamUser|CloudTrail was switched off|CloudTrail trail {r} was disabled.
config|s3-bucket-ssl-requests-only|config|medium|AWS::S3::Bucket|s3-bucket-ssl-requests-only|{r} is NON_COMPLIANT.
config|encrypted-volumes|config|medium|AWS::EC2::Volume|encrypted-volumes|{r} is NON_COMPLIANT.
config|iam-user-mfa-enabled|config|medium|AWS::IAM::User|iam-user-mfa-enabled|{r} is NON_COMPLIANT.
"""  # noqa: E501
RESOURCES = {
    "iam": "arn:aws:iam::{a}:user/{n}",
    "s3": "arn:aws:s3:::{n}-{a}",
    "ec2": "arn:aws:ec2:{g}:{a}:security-group/sg-0{x}",
    "rds": "arn:aws:rds:{g}:{a}:db:{n}",
    "cloudtrail": "arn:aws:cloudtrail:{g}:{a}:trail/{n}",
    "kms": "arn:aws:kms:{g}:{a}:key/{x}-4a1e-93d2",
    "vpc": "arn:aws:ec2:{g}:{a}:vpc/vpc-0{x}",
    "awslambda": "arn:aws:lambda:{g}:{a}:function:{n}",
    "guardduty": "arn:aws:ec2:{g}:{a}:instance/i-0{x}",
}
NAMES = [
    "payments",
    "billing-export",
    "audit-reader",
    "etl-nightly",
    "web-frontend",
    "orders-db",
    "data-exchange",
    "ci-runner",
    "legacy-sftp",
    "customer-photos",
    "metrics",
    "session-cache",
    "invoice-archive",
    "search-index",
]
WORKLOADS = [
    "payments",
    "orders",
    "catalogue",
    "search",
    "mobile",
    "data-lake",
    "identity",
    "billing",
    "checkout",
    "crm",
]
UNITS = ("/Security", "/Infrastructure", "/Sandbox", "/Suspended", "/Workloads/Development")
SERVICES = (
    *("guardduty", "config", "cloudtrail", "config rules", "config aggregator", "flow logs"),
    *("central bucket", "audit role"),
)
FRAMEWORKS = (
    *("CIS-5.0: 1.4", "CIS-5.0: 2.1.1", "CIS-5.0: 3.7", "AWS-Foundational-Security: IAM.9"),
    *("PCI-4.0: 8.4.2", "PCI-4.0: 1.3.1", "ISO27001-2022: A.8.5", "NIST-800-53-Rev5: ac_6"),
    *("SOC2: cc_6_1", "ENS-RD2022: op.acc.6.r2.aws.iam.1", "HIPAA: 164_312_d"),
)
DENIED = "rds:DescribeDBInstances was denied 4 times: an explicit deny in a service control policy."
OWN = ("prowler", "scoutsuite")
TITLES = {
    "prowler": "Prowler", "scoutsuite": "ScoutSuite", "guardduty": "GuardDuty", "config": "Config",
}  # fmt: skip


@dataclass(frozen=True)
class Check:
    """One line of CHECKS."""

    tool: str
    name: str
    service: str
    severity: str
    kind: str
    title: str
    detail: str


KNOWN = [Check(*line.split("|")) for line in CHECKS.strip().splitlines()]


def accounts(number: int) -> tuple[Account, ...]:
    """As many accounts, in some OUs, of which two are suspended."""
    found = [Account("100000000000", "management", "", "ACTIVE", "/")]
    for n in range(1, number):
        name = f"{WORKLOADS[n % len(WORKLOADS)]}-{n:03}"
        unit = UNITS[n % len(UNITS)] if n % 3 == 0 else "/Workloads/Production"
        state = "SUSPENDED" if unit == "/Suspended" else "ACTIVE"
        found.append(Account(f"{100000000000 + n * 104729}", name, "", state, unit))
    return tuple(found)


def content(number: int = 40, **given: Any) -> Content:
    """All that the page of ``number`` accounts shows beside its findings."""
    theirs = accounts(number)
    active = [a for a in theirs if a.active]
    parts: dict[str, Any] = {
        "title": "Security report",
        "organization": "o-exampleorg1",
        "made": "2026-11-26T16:40:12Z",
        "version": "0.1.0",
        "command": "baseline report --since 20261119T060000Z",
        "accounts": theirs,
        "regions": DEFAULT_REGIONS,
        "sources": tuple(_sources(len(active))),
        "coverage": tuple(_coverage(active, Random(3))),
        "verified": "2026-11-26T16:31:00Z",
        "unseen": tuple(_unseen(theirs)),
        "comparison": Comparison("2026-11-19T06:00:00Z", 23, 4, 41, 6120, 112),
        "trend": tuple(_trend(number)),
        "queries": tuple(_answers()),
        "reports": tuple(
            OwnReport(tool, a.id, title, f"{tool}/{a.id}/20261126T060000Z/{file}")
            for a in active
            for tool in OWN
            for title, file in (("report", f"{tool}.html"), ("log", "log.html"))
        ),
        "notes": (
            (
                "The accepted risk “legacy SFTP bucket is public” of data-team expired on "
                "1 November 2026: its 3 findings count again."
            ),
        ),
        "files": {"CSV": "findings.csv", "JSON": "findings.json", "OCSF": "findings.ocsf.json"},
    }
    return Content(**{**parts, **given})


def _sources(number: int) -> Iterator[Source]:
    day = "2026-11-26T0"
    yield Source(
        "prowler", "Prowler", "5.46.0", f"{day}6:00:00Z", f"{day}7:12:40Z", number, number - 3, 2
    )
    yield Source(
        "scoutsuite",
        "ScoutSuite",
        "5.14.0",
        f"{day}6:00:00Z",
        f"{day}7:12:40Z",
        number,
        number - 2,
        1,
    )
    yield Source("guardduty", "GuardDuty", "", f"{day}7:20:00Z", f"{day}7:21:10Z", number, number)
    yield Source("config", "Config", "", f"{day}7:20:00Z", f"{day}7:21:30Z", number, number - 1, 1)


def _coverage(active: list[Account], random: Random) -> Iterator[Covered]:
    for place, account in enumerate(active):
        bare = {region for region in DEFAULT_REGIONS if place % 13 == 7 and random.random() < 0.4}
        for region in DEFAULT_REGIONS:
            for service in SERVICES:
                yield _covered(account, region, service, region in bare, random.random())


def _covered(account: Account, region: str, service: str, bare: bool, luck: float) -> Covered:
    where = account.id, region, service, f"{service} is on"
    if region == "sa-east-1" and account.ou == "/Sandbox":
        return Covered(*where, UNKNOWN, "denied by a service control policy", "Let the role read.")
    if (bare and service in SERVICES[:4]) or luck > 0.9994:
        return Covered(*where, FAIL, "there is no detector", "Run: baseline rollout deploy")
    return Covered(*where, PASS, "as it should be")


def _unseen(theirs: tuple[Account, ...]) -> Iterator[Unseen]:
    yield Unseen(
        "prowler",
        theirs[2].id,
        "",
        "",
        "sts:AssumeRole was denied: the role AssumableSecurityAuditRole is not there",
        "Run: baseline rollout deploy --only audit-roles",
    )
    yield Unseen(
        "scoutsuite",
        theirs[2].id,
        "",
        "",
        "sts:AssumeRole was denied: the role AssumableSecurityAuditRole is not there",
        "Run: baseline rollout deploy --only audit-roles",
    )
    yield Unseen(
        "prowler", theirs[5].id, "sa-east-1", "rds", DENIED, "Let the role read in the policy."
    )
    yield Unseen("config", "", "ap-northeast-3", "", "the aggregator has no answer of this region")


def _trend(number: int) -> Iterator[Point]:
    for week in range(26):
        left = 1.6 - week / 26
        counts = {
            "critical": int(number * left * (0.5 + 0.1 * (week % 3))),
            "high": int(number * 4 * left),
            "medium": int(number * 9 * (left + 0.3 * (week % 5 == 2))),
            "low": int(number * 6 * left),
            "informational": number,
        }
        month, day = 6 + (week * 7) // 30, 1 + (week * 7) % 30
        yield Point(
            f"2026-{month:02}-{day:02}T06:00:00Z",
            counts,
            number * (12 if week == 11 else 2),
            number - 2,
        )


def _answers() -> Iterator[Answer]:
    yield Answer(
        "RootLogin30Days",
        "Root logins of the last 30 days",
        "The root user can do everything and cannot be limited: nobody should sign in as it.",
        ("account", "time", "address", "agent", "mfa"),
        (
            ("100000000000", "2026-11-03 09:12:44", "203.0.113.9", "Mozilla/5.0 (X11)", "Yes"),
            ("100000104729", "2026-11-21 22:40:02", "198.51.100.77", "curl/8.4.0", "No"),
        ),
        2,
        "high",
    )
    yield Answer(
        "TrailStopped",
        "Trails that were stopped or deleted",
        "Who wants to be unseen begins here.",
        ("account", "event", "by"),
    )
    yield Answer(
        "TopTalkers",
        "Who sent most",
        "Where data leaves from.",
        error="There is no lake: baseline logs collect makes it.",
    )


def details() -> dict[tuple[str, str], CheckDetails]:
    """What the tools say of each check."""
    return {(c.tool, c.name): _detail(c, n) for n, c in enumerate(KNOWN)}


def _detail(check: Check, number: int) -> CheckDetails:
    return CheckDetails(
        check.tool,
        check.name,
        check.title,
        f"Looks whether this holds in the account: {check.title[0].lower()}{check.title[1:]}.",
        "Who gets hold of it **acts with all its rights**, anywhere, by `sts:AssumeRole` too.",
        "1. Find out who uses it.\n2. Change it in a test account first.\n3. Roll the change out.",
        f"https://docs.aws.amazon.com/{check.service}/latest/",
        tuple(FRAMEWORKS[(number + n * 3) % len(FRAMEWORKS)] for n in range(4))
        if check.tool == "prowler"
        else (),
    )


def findings(number: int = 4000, among: int = 40, seed: int = 7) -> Iterator[Shown]:
    """As many findings of ``among`` accounts, worst and best mixed."""
    random = Random(seed)
    theirs = [a for a in accounts(among) if a.active]
    heavy = [1 / (1 + n % 17) for n in range(len(theirs))]
    for place in range(number):
        (account,) = random.choices(theirs, heavy)
        check = random.choice(KNOWN)
        finding, luck = _finding(random, place, account, check), random.random()
        yield Shown(finding, _change(luck) if finding.status == FAIL else None)


def _finding(random: Random, place: int, account: Account, check: Check) -> Finding:
    region = random.choice(DEFAULT_REGIONS) if check.service != "iam" else "us-east-1"
    name = f"{random.choice(NAMES)}-{random.randrange(400)}-{place}"
    template = RESOURCES.get(check.service, f"arn:aws:{check.service}:{{g}}:{{a}}:thing/{{n}}")
    arn = template.format(a=account.id, g=region, n=name, x=f"{random.getrandbits(36):09x}")
    status = _status(random.random(), check)
    detail = check.detail.format(r=arn.split(":")[-1])
    return Finding(
        check.tool, account.id, account.name, region, check.service, check.name, check.title,
        check.severity, status, arn, DENIED if status == UNKNOWN else detail,
        f"{check.tool}-{check.name}-{account.id}-{place}",
        resource_type=check.kind,
        first_seen=f"2026-{random.randrange(1, 12):02}-{random.randrange(1, 29):02}T06:00:00Z",
        last_seen="2026-11-26T06:00:00Z",
        muted="Accepted by the data team until March: nothing secret is in it."
        if status == MUTED
        else "",
        evidence=_evidence(place, account.id, region, arn) if check.tool == "guardduty" else "",
    )  # fmt: skip


def _evidence(place: int, account: str, region: str, arn: str) -> str:
    """As much as GuardDuty says of one, and nothing as of another."""
    salt = hashlib.sha256(f"{place}".encode()).hexdigest()
    remote = {
        "ipAddressV4": f"198.51.{place % 100}.{place % 250}",
        "organization": {"asn": f"{place}", "asnOrg": "Example", "isp": f"Example {salt[:6]}"},
        "country": {"countryName": "Nowhere"},
        "city": {"cityName": f"City {salt[6:10]}"},
        "geoLocation": {"lat": place % 90, "lon": place % 180},
    }
    interface = {
        "networkInterfaceId": f"eni-{salt[:17]}",
        "privateIpAddress": f"10.0.{place % 200}.{place % 250}",
        "subnetId": f"subnet-{salt[17:34]}",
        "vpcId": f"vpc-{salt[34:51]}",
        "securityGroups": [
            {"groupName": f"group-{n}", "groupId": f"sg-{salt[n : n + 17]}"} for n in range(4)
        ],
    }
    action = {
        "actionType": "NETWORK_CONNECTION",
        "networkConnectionAction": {
            "connectionDirection": "OUTBOUND",
            "remoteIpDetails": remote,
            "remotePortDetails": {"port": place % 65_536, "portName": "Unknown"},
            "localPortDetails": {"port": 443, "portName": "HTTPS"},
            "protocol": "TCP",
            "blocked": False,
        },
    }
    told = {
        "Service": {"Action": action, "Count": 41, "Id": salt, "DetectorId": salt[:32]},
        "Resource": {
            "arn": arn,
            "account": account,
            "region": region,
            "instanceDetails": {
                "instanceId": f"i-{salt[:17]}",
                "imageId": f"ami-{salt[20:37]}",
                "networkInterfaces": [interface, interface],
                "tags": [{"key": f"key-{n}", "value": salt[n : n + 24]} for n in range(20)],
            },
        },
    }
    return json.dumps(told)


def _status(luck: float, check: Check) -> str:
    if check.name.startswith("account_"):
        return MANUAL
    if luck < 0.02:
        return UNKNOWN
    if luck < 0.04:
        return MUTED
    often = {"critical": 0.09, "high": 0.25}.get(check.severity, 0.5)
    return FAIL if check.tool == "guardduty" or luck < 0.04 + often else PASS


def _change(luck: float) -> Change:
    if luck < 0.03:
        return Change.NEW
    if luck < 0.035:
        return Change.REOPENED
    return Change.RESOLVED if luck < 0.06 else Change.OPEN
