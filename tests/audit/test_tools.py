"""What each tool writes is read right, also when the tool is older or in trouble."""

import json
from pathlib import Path
from typing import Any

import pytest

from baseline.audit import obstacles, prowler, scan, scoutsuite
from baseline.audit.obstacles import Kind, kind_of
from baseline.audit.scan import Reach, Scan
from baseline.errors import ToolError


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("An error occurred (AccessDenied) when calling the GetPolicy operation: no", Kind.DENIED),
        ("An error occurred (UnauthorizedOperation) when calling the X operation", Kind.DENIED),
        ("ClientError[9]: An error occurred (Throttling) when calling the X", Kind.THROTTLED),
        ("An error occurred (SlowDown) when calling the X operation", Kind.THROTTLED),
        ("An error occurred (ExpiredToken) when calling the X operation", Kind.CREDENTIALS),
        ("CredentialRetrievalError[1]: Error when retrieving credentials", Kind.CREDENTIALS),
        ('EndpointConnectionError[2]: Could not connect to the endpoint URL: "https://x.com/"',
         Kind.UNREACHABLE),
        ('Could not connect to the endpoint URL: "http://123456789012.127.0.0.1:5000/v1"',
         Kind.NOT_AVAILABLE),
        ("An error occurred (NotImplemented) when calling the X operation", Kind.NOT_AVAILABLE),
        ("An error occurred (InternalError) when calling the X operation", Kind.FAILING),
        ("Could not fetch EC2 configuration: 'NoneType' object", Kind.CRASHED),
        ("s3_bucket_x - KeyError[12]: 'Name'", Kind.CRASHED),
        ("eu-west-1 -- KeyError[12]: 'Name'", Kind.TOOL),
        ("eu-west-1 -- OSError[52]: [Errno 24] Too many open files", Kind.TOOL),
        ("eu-west-1 -- HTTPClientError[5]: An HTTP Client raised an unhandled exception: no",
         Kind.UNREACHABLE),
        ("IncompleteReadError[3]: 0 read, but total bytes expected is 10.", Kind.UNREACHABLE),
        ("Failed to get x: Read timed out", Kind.UNREACHABLE),
        ("Failed to get x: Connection was closed before we received a valid response",
         Kind.UNREACHABLE),
        ("Failed to get x: SSL validation failed for https://x.com/ bad", Kind.UNREACHABLE),
        ('Failed to connect to proxy URL: "http://proxy"', Kind.UNREACHABLE),
        ("ResponseParserError[52]: Unable to parse response (syntax error)", Kind.FAILING),
        ("Failed to process rule defined in vpc-acls.json: no", Kind.CRASHED),
        ('Unable to get "Effect" from target object "Allow" in path "x"', Kind.NOT_UNDERSTOOD),
        ("Error checking privilege escalation: InvalidActionPatternError[9]: no",
         Kind.NOT_UNDERSTOOD),
        ("An error occurred (NoSuchBucketPolicy) when calling the X operation", None),
    ],
)  # fmt: skip
def test_the_reason_for_a_missing_answer_is_told(message: str, kind: Kind | None) -> None:
    assert kind_of(message) is kind


CODES = {
    None: """
        NoSuchEntity NoSuchBucketPolicy NoSuchTagSet NoSuchPublicAccessBlockConfiguration 404
        ResourceNotFoundException ServerSideEncryptionConfigurationNotFoundError
        InvalidSnapshot.NotFound TrailNotFoundException AWSOrganizationsNotInUseException
        AWS.SimpleQueueService.NonExistentQueue InsightNotEnabledException ReportNotPresent
    """,
    Kind.NOT_AVAILABLE: """
        501 NotImplemented SubscriptionRequiredException OptInRequired UnknownOperationException
        InvalidAction UnsupportedOperation
    """,
    Kind.CREDENTIALS: """
        InvalidAccessKeyId InvalidToken SignatureDoesNotMatch MissingAuthenticationToken
        RequestTimeTooSkewed ExpiredTokenException InvalidClientTokenId AuthFailure
        UnrecognizedClientException InvalidSignatureException
    """,
    Kind.DENIED: """
        AllAccessDisabled ForbiddenException KMSAccessDeniedException NotAuthorizedException
        AccessDeniedException UnauthorizedOperation 403
    """,
    Kind.THROTTLED: """
        ProvisionedThroughputExceededException Throttling ThrottlingException SlowDown
        RequestLimitExceeded TooManyRequestsException LimitExceededException
    """,
    Kind.FAILING: "RequestTimeout ServiceException InternalError 503 ServiceUnavailable",
    Kind.REFUSED: "ValidationException InvalidParameterValue 400 Weird",
}


@pytest.mark.parametrize(
    ("code", "kind"), [(code, kind) for kind, codes in CODES.items() for code in codes.split()]
)
def test_an_error_code_is_an_answer_only_when_it_is_known_to_be_one(
    code: str, kind: Kind | None
) -> None:
    message = f"ClientError[1]: An error occurred ({code}) when calling the GetX operation: no"
    assert kind_of(message) is kind


def test_every_kind_makes_a_result_partial_but_those_that_no_try_and_no_right_would_bring() -> None:
    assert set(Kind) - obstacles.WEIGHTY == {Kind.NOT_AVAILABLE, Kind.NOT_UNDERSTOOD}


def test_prowler_log_lines_that_are_not_json_are_counted(tmp_path: Path) -> None:
    (tmp_path / "prowler-errors.log").write_text(
        '{"timestamp": "t", "filename": "s3_service.py:1", "level": "ERROR", '
        '"module": "s3_service", "message": "eu-west-1 -- ClientError[1]: An error occurred '
        '(AccessDenied) when calling the GetBucketPolicy operation: bucket "a" of "b""}\n'
        "and a second line of a message\n" * 2
    )
    (tmp_path / "log.txt").write_text("Executing 0 checks, please wait...\n")
    (found,) = prowler.obstacles(tmp_path, tmp_path)
    assert (found.kind, found.service, found.region, found.operation, found.count) == (
        Kind.DENIED, "s3", "eu-west-1", "GetBucketPolicy", 2,
    )  # fmt: skip


def test_scoutsuite_errors_name_their_service(tmp_path: Path) -> None:
    (tmp_path / "scoutsuite-errors.log").write_text(
        "2026-01-01 00:00:00 host scout[1] INFO Fetching resources for the S3 service\n"
        "2026-01-01 00:00:00 host scout[1] ERROR iam.py L42: Failed to list users: An error "
        "occurred (AccessDenied) when calling the ListUsers operation: no\n"
        "2026-01-01 00:00:00 host scout[1] ERROR services.py L56: Could not fetch EC2 "
        "configuration: list index out of range\n"
    )
    for service in ("iam", "ec2", "vpc"):
        (tmp_path / "ScoutSuite/providers/aws/resources" / service).mkdir(parents=True)
    assert {(o.kind, o.service, o.operation) for o in scoutsuite.obstacles(tmp_path, tmp_path)} == {
        (Kind.DENIED, "iam", "ListUsers"),
        (Kind.CRASHED, "ec2", ""),
        (Kind.CRASHED, "vpc", ""),
    }


def test_results_that_end_in_the_middle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "scoutsuite-results").mkdir()
    file = tmp_path / "scoutsuite-results/scoutsuite_results_scoutsuite.js"
    file.write_text('scoutsuite_results =\n{"account_id": "1", "serv')
    with pytest.raises(ToolError, match="not whole"):
        list(scoutsuite.findings(tmp_path))


@pytest.mark.parametrize(
    ("services", "content", "fault"),
    [
        (["s3"], {"s3": {"buckets": {}}, "ec2": {}}, ""),
        (["s3"], {"s3": {"findings": {}, "filters": {}}}, "it looked at no service"),
        (["s3", "ec2"], {"s3": {}, "ec2": {"regions_count": 2}}, ""),
        (["s3", "ec2"], {}, "it looked at no region"),
        (["s3", "ec2"], {"s3": {}, "ec2": {"regions_count": 0}}, "it looked at no region"),
        (["s3", "ec2"], {"s3": {}}, "it looked at no region"),
        ([], {"s3": {}, "ec2": {"regions_count": 2}}, "it looked at no service"),
    ],
)
def test_scoutsuite_s_word_is_not_taken_for_it(
    tmp_path: Path, services: list[str], content: dict[str, Any], fault: str
) -> None:
    (tmp_path / "scoutsuite-results").mkdir()
    results = {"account_id": "1", "service_list": services, "services": content}
    file = tmp_path / "scoutsuite-results/scoutsuite_results_scoutsuite.js"
    file.write_text("scoutsuite_results =\n" + json.dumps(results))
    (tmp_path / "scoutsuite-errors.log").touch()
    assert scoutsuite.fault(Scan("1", tmp_path)) == fault


def test_every_severity_is_named_to_prowler_so_that_it_writes_no_framework_files() -> None:
    arguments = prowler.arguments(Scan("1", Path("/r"), ("eu-west-1",), ("s3",), ("--no-x",)))
    assert arguments[arguments.index("--severity") + 1 :][:5] == [
        "critical", "high", "medium", "low", "informational",
    ]  # fmt: skip
    assert arguments[-1] == "--no-x"


def test_progress_is_read_from_what_prowler_writes() -> None:
    reach = scan.read(
        prowler.METER,
        Reach(),
        "Executing 175 checks, please wait...\n\nCheck ID: a - s3 [low]\n\tFAIL x\n\tPASS y\n",
    )
    assert reach == Reach(done=1, total=175, failing=1)


def test_a_weighty_kind_covers_every_transient_one() -> None:
    assert obstacles.TRANSIENT < obstacles.WEIGHTY
