"""Stands in for Prowler and ScoutSuite: same arguments, same files, same exit codes.

What it does in an account is told by ``stub-behaviours.json`` in a folder above it, which has
{"<tool> <account>": "<behaviour>"}: a tool gets no environment of ours that could tell.
It notes how it was started in ``stub.json``, beside its results.
"""

import csv
import importlib
import json
import os
import signal
import site
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

HEADER = [
    *("ACCOUNT_UID", "ACCOUNT_NAME", "REGION", "SERVICE_NAME", "CHECK_ID", "CHECK_TITLE"),
    *("SEVERITY", "STATUS", "MUTED", "RESOURCE_UID", "RESOURCE_NAME", "STATUS_EXTENDED"),
    "FINDING_UID",
]
ROWS = [
    ("s3", "s3_open", "Bucket is closed", "critical", "FAIL", "False", "arn:aws:s3:::open"),
    ("s3", "s3_tls", "Bucket wants TLS", "medium", "PASS", "False", "arn:aws:s3:::open"),
    ("iam", "iam_mfa", "User has\nMFA", "high", "FAIL", "False", "=HYPERLINK(1)"),
    ("iam", "iam_old", "Key is new", "low", "FAIL", "True", "user"),
    ("iam", "iam_ask", "Ask a person", "low", "MANUAL", "False", "user"),
]
DENIED = (
    '{"timestamp": "2026-01-01 00:00:00,000", "filename": "guardduty_service.py:66", '
    '"level": "ERROR", "module": "guardduty_service", "message": "eu-west-1 -- ClientError[52]: '
    "An error occurred (AccessDeniedException) when calling the ListDetectors operation: "
    'User "x" is not allowed"}\n'
)
RECORD = DENIED[: DENIED.index('"eu-west-1')].replace("guardduty", "iam")
THROTTLED = DENIED.replace("AccessDeniedException", "Throttling").replace("guardduty", "s3")
SCOUT_DENIED = (
    "2026-01-01 00:00:00 host scout[1] ERROR s3.py L42: Failed to get bucket policy: An error "
    "occurred (AccessDenied) when calling the GetBucketPolicy operation: no\n"
)
UNHEARD_OF = RECORD + '"eu-west-1 -- OSError[52]: [Errno 24] Too many open files"}\n'
ERRORS = {
    "prowler": {"denied": DENIED * 3, "throttled": THROTTLED, "unheard of": UNHEARD_OF},
    "scoutsuite": {"denied": SCOUT_DENIED},
}
# Where the CSV ends, for each way of cutting it.
CUTS: dict[str, Callable[[str], int]] = {
    "empty": lambda _: 0,
    "header only": lambda text: text.index("\n") + 1,
    "cut at a row's end": lambda text: text[:-2].rindex("\n") + 1,
    "cut in a row": lambda text: text.rindex(";"),
}


def main() -> int:
    tool = "prowler" if Path(sys.argv[0]).name == "prowler" else "scoutsuite"
    option = "--output-directory" if tool == "prowler" else "--report-dir"
    directory = Path(sys.argv[sys.argv.index(option) + 1])
    account = directory.parent.name
    above = (folder / "stub-behaviours.json" for folder in Path(sys.argv[0]).absolute().parents)
    behaviours = json.loads(next(filter(Path.is_file, above)).read_text())
    behaviour = behaviours.get(f"{tool} {account}", "")
    if behaviour.endswith(" once"):
        # Directories of later tries have numbers.
        behaviour = "" if "-" in directory.name else behaviour.removesuffix(" once")
    note(directory)
    if behaviour != "no log":
        (directory / f"{tool}-errors.log").write_text(ERRORS[tool].get(behaviour, ""))
    carry_out(behaviour)
    come_to_grief(behaviour, directory)
    if behaviour.startswith("exit "):
        sys.stderr.write("Something is wrong: no such thing\n")
        return int(behaviour.removeprefix("exit "))
    if behaviour == "kills its parent":
        os.kill(os.getppid(), signal.SIGKILL)
    if behaviour == "silent":
        return 0
    if behaviour == "nothing there":
        sys.stdout.write(f" There are no findings in Account {account}\n")
        return 0
    if behaviour.startswith("calls for "):
        call_for(directory / f"{tool}-errors.log", float(behaviour.removeprefix("calls for ")))
    if behaviour == "leaves a child":
        child = subprocess.Popen(["sleep", "60"])
        (directory / "child").write_text(str(child.pid))
    shown = "999999999999" if behaviour == "other account" else account
    return (prowler if tool == "prowler" else scoutsuite)(directory, shown, behaviour)


def come_to_grief(behaviour: str, directory: Path) -> None:
    if behaviour == "hang":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(60)
    if behaviour == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if behaviour == "fills the disk":
        with (directory / "filler").open("wb", buffering=0) as out:
            while True:
                out.write(bytes(4096))


def carry_out(behaviour: str) -> None:
    """Say what Prowler says as it goes through its checks."""
    sys.stdout.write("Executing 6 checks, please wait...\n")
    left_out = ("iam_ask",) if behaviour == "leaves a check out" else ()
    for service, check, *_ in (*ROWS, ("s3", "s3_none")):
        if check not in left_out:
            sys.stdout.write(f"\nCheck ID: {check} - {service} [high]\n")
        if behaviour == "nothing there":
            sys.stdout.write("\tINFO There are no resources\n")
    if behaviour != "says nothing":
        sys.stdout.write("something in between\n\tINFO There are no resources\n")


def note(directory: Path) -> None:
    request = urllib.request.Request(
        os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"],
        headers={"Authorization": os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"]},
    )
    with urllib.request.urlopen(request) as answer:
        keys = json.load(answer)
    seen = {
        "environment": dict(os.environ),
        "keys": keys,
        "arguments": sys.argv[1:],
        "stdin": sys.stdin.read(),
        "own session": os.getsid(0) == os.getpid(),
        "pid": os.getpid(),
    }
    (directory / "stub.json").write_text(json.dumps(seen))


def call_for(log: Path, seconds: float) -> None:
    """Ask AWS again and again, as one client; what it refuses is logged as Prowler does."""
    site.addsitedir(str(Path(sys.argv[0]).parents[1] / "packages-of-the-tests"))
    boto3 = importlib.import_module("boto3")
    iam = boto3.client("iam")
    ends = time.monotonic() + seconds
    with log.open("a") as errors:
        while time.monotonic() < ends:
            try:
                iam.list_users()
            except Exception as error:  # noqa: BLE001  # whatever it is, it is logged
                text = f"eu-west-1 -- {type(error).__name__}[52]: {error}"
                errors.write(f'{RECORD}"{text}"}}\n')
            time.sleep(0.2)


def prowler(directory: Path, account: str, behaviour: str) -> int:
    # Like the real one: it adds to what is there.
    with (directory / "prowler.csv").open("a", newline="") as out:
        writer = csv.writer(out, delimiter=";")
        writer.writerow(HEADER)
        for service, check, title, severity, status, muted, resource in ROWS:
            status = "PASS" if behaviour == "all is well" else status  # noqa: PLW2901
            what = [account, "", "eu-west-1", service, check, title, severity, status, muted]
            where = [resource, "", f"{resource} it is", f"prowler-aws-{check}-{account}"]
            writer.writerow([*what, *where])
    findings = [{"message": row[2]} for row in ROWS]
    (directory / "prowler.ocsf.json").write_text(json.dumps(findings))
    text = (directory / "prowler.csv").read_text()
    end = CUTS[behaviour](text) if behaviour in CUTS else None
    (directory / "prowler.csv").write_text(text[:end])
    (directory / "prowler.html").write_text("<title>Prowler</title>")
    return 3


def scoutsuite(directory: Path, account: str, behaviour: str) -> int:
    rule = {"level": "danger", "description": "Open", "display_path": "s3.buckets.id"}
    results: dict[str, Any] = {
        "account_id": account,
        "service_list": ["ec2", "s3"],
        "services": {
            "ec2": {"regions_count": 0 if behaviour == "no region" else 1, "findings": {}},
            "s3": {
                "buckets": {"b": {"name": "open", "arn": "arn:aws:s3:::open"}},
                "findings": {
                    "s3-open": {
                        **rule, "checked_items": 2, "flagged_items": 1,
                        "items": ["s3.buckets.b.acl"], "rationale": "It is <b>open</b>",
                    },
                    "s3-fine": {**rule, "checked_items": 2, "flagged_items": 0, "items": []},
                    "s3-none": {**rule, "checked_items": 0, "flagged_items": 0, "items": []},
                },
            },
        },
    }  # fmt: skip
    if behaviour == "no services":
        del results["services"]
    if behaviour == "ec2 alone blind":
        results["service_list"].append("rds")
        results["services"] |= {"ec2": {"regions_count": 0}, "rds": {"regions_count": 1}}
    place = directory / "scoutsuite-results"
    place.mkdir()
    text = "scoutsuite_results =\n" + json.dumps(results)
    cut = len(text) // 2 if behaviour == "truncated" else None
    (place / "scoutsuite_results_scoutsuite.js").write_text(text[:cut])
    (directory / "scoutsuite.html").write_text("<title>Scout</title>")
    return 200


if __name__ == "__main__":
    sys.exit(main())
