"""GuardDuty refuses what AWS refuses, and its invitations lead from one account to another."""

from typing import Any

import pytest

from baseline.errors import AwsError
from baseline.simulation import Simulation

MAIN, PRODUCTION, PAYMENTS = "100000000001", "400000000004", "500000000005"
RETIRED = "700000000007"
REGION = "eu-west-1"


def guardduty(simulation: Simulation, account_id: str, region: str = REGION) -> Any:
    return simulation.client("guardduty", region, account_id)


def detector(simulation: Simulation, account_id: str, region: str = REGION) -> str:
    made = guardduty(simulation, account_id, region).create_detector(Enable=True)
    return str(made["DetectorId"])


def invited(simulation: Simulation, account_id: str, email: str = "") -> str:
    """The administrator's detector id, after ``account_id`` was invited there."""
    main = guardduty(simulation, MAIN)
    found = main.list_detectors()["DetectorIds"]
    administrator = found[0] if found else detector(simulation, MAIN)
    name = {PRODUCTION: "production", PAYMENTS: "payments", RETIRED: "retired"}[account_id]
    details = [{"AccountId": account_id, "Email": email or f"{name}@acme.example"}]
    main.create_members(DetectorId=administrator, AccountDetails=details)
    main.invite_members(DetectorId=administrator, AccountIds=[account_id])
    return str(administrator)


def accepted(simulation: Simulation, account_id: str) -> tuple[str, str]:
    """The detector ids of the administrator and of ``account_id``, which is now a member."""
    administrator = invited(simulation, account_id)
    own = detector(simulation, account_id)
    member = guardduty(simulation, account_id)
    invitation = member.list_invitations()["Invitations"][0]
    member.accept_administrator_invitation(
        DetectorId=own, AdministratorId=MAIN, InvitationId=invitation["InvitationId"]
    )
    return administrator, own


def status(simulation: Simulation, administrator: str, account_id: str) -> str:
    got = guardduty(simulation, MAIN).get_members(DetectorId=administrator, AccountIds=[account_id])
    return str(got["Members"][0]["RelationshipStatus"])


def test_an_account_has_one_detector_in_each_region(simulation: Simulation) -> None:
    """A second detector is refused in the region, and allowed in another."""
    detector(simulation, PRODUCTION)
    with pytest.raises(AwsError, match="a detector already exists for the current account") as info:
        detector(simulation, PRODUCTION)
    assert info.value.code == "BadRequestException"
    assert detector(simulation, PRODUCTION, "us-east-1")


def test_a_detector_watches_all_but_the_runtime_by_default(simulation: Simulation) -> None:
    """Features not named are on, but for runtime monitoring; one that is named is as said."""
    client = guardduty(simulation, PRODUCTION)
    made = client.create_detector(
        Enable=True,
        FindingPublishingFrequency="FIFTEEN_MINUTES",
        Features=[{"Name": "LAMBDA_NETWORK_LOGS", "Status": "DISABLED"}],
        Tags={"owner": "security"},
    )
    got = client.get_detector(DetectorId=made["DetectorId"])
    features = {feature["Name"]: feature["Status"] for feature in got["Features"]}
    assert features["S3_DATA_EVENTS"] == features["CLOUD_TRAIL"] == "ENABLED"
    assert features["LAMBDA_NETWORK_LOGS"] == features["RUNTIME_MONITORING"] == "DISABLED"
    assert got["DataSources"]["S3Logs"]["Status"] == "ENABLED"
    assert (got["FindingPublishingFrequency"], got["Status"]) == ("FIFTEEN_MINUTES", "ENABLED")
    assert got["Tags"] == {"owner": "security"}


def test_an_update_changes_only_what_it_names(simulation: Simulation) -> None:
    """Suspending a detector leaves its features and frequency alone."""
    client = guardduty(simulation, PRODUCTION)
    own = detector(simulation, PRODUCTION)
    before = client.get_detector(DetectorId=own)
    client.update_detector(DetectorId=own, Enable=False)
    after = client.get_detector(DetectorId=own)
    assert after["Status"] == "DISABLED"
    assert after["FindingPublishingFrequency"] == before["FindingPublishingFrequency"]
    assert [f["Status"] for f in after["Features"]] == [f["Status"] for f in before["Features"]]


def test_somebody_elses_detector_is_refused(simulation: Simulation) -> None:
    """A detector belongs to one account and region."""
    own = detector(simulation, PRODUCTION)
    for account_id, region in ((PAYMENTS, REGION), (PRODUCTION, "us-east-1")):
        with pytest.raises(AwsError, match="is not owned by the current account"):
            guardduty(simulation, account_id, region).get_detector(DetectorId=own)


def test_an_accepted_invitation_makes_a_member_of_both_sides(simulation: Simulation) -> None:
    """Created, invited and enabled for the administrator; administered for the member."""
    administrator, own = accepted(simulation, PRODUCTION)
    (member,) = guardduty(simulation, MAIN).list_members(DetectorId=administrator)["Members"]
    assert member["RelationshipStatus"] == "Enabled"
    assert (member["DetectorId"], member["AdministratorId"]) == (own, MAIN)
    client = guardduty(simulation, PRODUCTION)
    assert client.get_administrator_account(DetectorId=own)["Administrator"]["AccountId"] == MAIN
    assert client.get_master_account(DetectorId=own)["Master"]["RelationshipStatus"] == "Enabled"
    assert client.get_invitations_count()["InvitationsCount"] == 0


def test_an_invitation_waits_until_the_member_has_a_detector(simulation: Simulation) -> None:
    """Invitations can be listed without a detector, and are of one region."""
    administrator = invited(simulation, PRODUCTION)
    assert status(simulation, administrator, PRODUCTION) == "Invited"
    assert guardduty(simulation, PRODUCTION).get_invitations_count()["InvitationsCount"] == 1
    elsewhere = guardduty(simulation, PRODUCTION, "us-east-1")
    assert elsewhere.list_invitations()["Invitations"] == []


def test_the_email_must_be_that_of_the_root_user(simulation: Simulation) -> None:
    """A wrong address fails verification, and nothing can be accepted."""
    administrator = invited(simulation, PRODUCTION, email="someone@acme.example")
    assert status(simulation, administrator, PRODUCTION) == "EmailVerificationFailed"
    assert guardduty(simulation, PRODUCTION).list_invitations()["Invitations"] == []


def test_a_suspended_account_cannot_be_verified(simulation: Simulation) -> None:
    """Nobody answers for it."""
    administrator = invited(simulation, RETIRED)
    assert status(simulation, administrator, RETIRED) == "EmailVerificationFailed"


def test_what_cannot_be_done_for_one_account_is_told_and_the_rest_is_done(
    simulation: Simulation,
) -> None:
    """Unprocessed accounts come with AWS's reason, in an answer that is a success."""
    administrator = invited(simulation, PRODUCTION)
    client = guardduty(simulation, MAIN)
    answer = client.create_members(
        DetectorId=administrator,
        AccountDetails=[
            {"AccountId": MAIN, "Email": "acme-main@acme.example"},
            {"AccountId": PRODUCTION, "Email": "production@acme.example"},
            {"AccountId": PAYMENTS, "Email": "payments@acme.example"},
        ],
    )
    reasons = {one["AccountId"]: one["Result"] for one in answer["UnprocessedAccounts"]}
    assert set(reasons) == {MAIN, PRODUCTION}
    assert "already a member or associated member of the current account" in reasons[PRODUCTION]
    again = client.invite_members(DetectorId=administrator, AccountIds=[PRODUCTION, "999999999999"])
    results = [one["Result"] for one in again["UnprocessedAccounts"]]
    assert "has already invited or is already the GuardDuty master" in results[0]
    assert "email address is missing" in results[1]


def test_fifty_accounts_a_call_are_the_limit(simulation: Simulation) -> None:
    """A longer list is refused as a whole."""
    administrator = detector(simulation, MAIN)
    accounts = [f"8{number:011}" for number in range(51)]
    with pytest.raises(AwsError, match="invalid or out-of-range"):
        guardduty(simulation, MAIN).invite_members(DetectorId=administrator, AccountIds=accounts)


def test_lists_of_members_come_in_pages(simulation: Simulation) -> None:
    """Sixty members take two pages; those never invited show only when asked for."""
    client = guardduty(simulation, MAIN)
    administrator = detector(simulation, MAIN)
    for start in (0, 30):
        details = [
            {"AccountId": f"8{number:011}", "Email": f"a{number}@acme.example"}
            for number in range(start, start + 30)
        ]
        client.create_members(DetectorId=administrator, AccountDetails=details)
    paginator = client.get_paginator("list_members")
    pages = paginator.paginate(DetectorId=administrator, OnlyAssociated="false")
    assert [len(page["Members"]) for page in pages] == [50, 10]
    assert client.list_members(DetectorId=administrator)["Members"] == []


def test_a_member_has_one_administrator(simulation: Simulation) -> None:
    """A second invitation cannot be accepted, nor can a member invite others."""
    _, own = accepted(simulation, PRODUCTION)
    member = guardduty(simulation, PRODUCTION)
    second = detector(simulation, PAYMENTS)
    details = [{"AccountId": PRODUCTION, "Email": "production@acme.example"}]
    other = guardduty(simulation, PAYMENTS)
    other.create_members(DetectorId=second, AccountDetails=details)
    other.invite_members(DetectorId=second, AccountIds=[PRODUCTION])
    invitations = {i["AccountId"]: i for i in member.list_invitations()["Invitations"]}
    with pytest.raises(AwsError, match="already an associated member of some master account"):
        member.accept_invitation(
            DetectorId=own,
            MasterId=PAYMENTS,
            InvitationId=invitations[PAYMENTS]["InvitationId"],
        )
    answer = member.create_members(
        DetectorId=own, AccountDetails=[{"AccountId": RETIRED, "Email": "retired@acme.example"}]
    )
    assert "cannot create members" in answer["UnprocessedAccounts"][0]["Result"]


def test_an_invitation_that_was_not_sent_cannot_be_accepted(simulation: Simulation) -> None:
    """The id must be that of a pending invitation."""
    invited(simulation, PRODUCTION)
    own = detector(simulation, PRODUCTION)
    with pytest.raises(AwsError, match="does not have an invitation"):
        guardduty(simulation, PRODUCTION).accept_administrator_invitation(
            DetectorId=own, AdministratorId=MAIN, InvitationId="0" * 32
        )


def test_members_go_before_the_administrators_detector(simulation: Simulation) -> None:
    """Disassociate, delete the member, delete the detector: any other order is refused."""
    administrator, own = accepted(simulation, PRODUCTION)
    client = guardduty(simulation, MAIN)
    with pytest.raises(AwsError, match="while it has invited or associated members"):
        client.delete_detector(DetectorId=administrator)
    with pytest.raises(AwsError, match="associated member"):
        guardduty(simulation, PRODUCTION).delete_detector(DetectorId=own)
    refused = client.delete_members(DetectorId=administrator, AccountIds=[PRODUCTION])
    assert "still associated to it" in refused["UnprocessedAccounts"][0]["Result"]

    client.disassociate_members(DetectorId=administrator, AccountIds=[PRODUCTION])
    assert status(simulation, administrator, PRODUCTION) == "Removed"
    done = client.delete_members(DetectorId=administrator, AccountIds=[PRODUCTION])
    assert done["UnprocessedAccounts"] == []
    client.delete_detector(DetectorId=administrator)
    guardduty(simulation, PRODUCTION).delete_detector(DetectorId=own)
    assert client.list_detectors()["DetectorIds"] == []


def test_a_member_may_leave_and_be_invited_again(simulation: Simulation) -> None:
    """It is seen as resigned, and its e-mail is still known."""
    administrator, own = accepted(simulation, PRODUCTION)
    member = guardduty(simulation, PRODUCTION)
    member.disassociate_from_administrator_account(DetectorId=own)
    assert status(simulation, administrator, PRODUCTION) == "Resigned"
    assert "Administrator" not in member.get_administrator_account(DetectorId=own)
    answer = guardduty(simulation, MAIN).invite_members(
        DetectorId=administrator, AccountIds=[PRODUCTION]
    )
    assert answer["UnprocessedAccounts"] == []
    assert status(simulation, administrator, PRODUCTION) == "Invited"
    assert member.decline_invitations(AccountIds=[MAIN])["UnprocessedAccounts"] == []
    assert status(simulation, administrator, PRODUCTION) == "Resigned"


def test_watching_a_member_can_be_stopped_and_started(simulation: Simulation) -> None:
    """It stays associated meanwhile."""
    administrator, _ = accepted(simulation, PRODUCTION)
    client = guardduty(simulation, MAIN)
    client.stop_monitoring_members(DetectorId=administrator, AccountIds=[PRODUCTION])
    assert status(simulation, administrator, PRODUCTION) == "Disabled"
    client.start_monitoring_members(DetectorId=administrator, AccountIds=[PRODUCTION])
    assert status(simulation, administrator, PRODUCTION) == "Enabled"
    stranger = client.stop_monitoring_members(DetectorId=administrator, AccountIds=[PAYMENTS])
    assert "not an associated member" in stranger["UnprocessedAccounts"][0]["Result"]


def test_the_administrator_sees_the_findings_of_its_members(simulation: Simulation) -> None:
    """Until they leave; and criteria choose among the findings."""
    administrator, own = accepted(simulation, PRODUCTION)
    member, main = guardduty(simulation, PRODUCTION), guardduty(simulation, MAIN)
    kinds = ["Recon:EC2/PortProbeUnprotectedPort", "CryptoCurrency:EC2/BitcoinTool.B!DNS"]
    member.create_sample_findings(DetectorId=own, FindingTypes=kinds)
    ids = main.list_findings(DetectorId=administrator)["FindingIds"]
    found = main.get_findings(DetectorId=administrator, FindingIds=ids)["Findings"]
    assert {finding["AccountId"] for finding in found} == {PRODUCTION}
    assert sorted(finding["Type"] for finding in found) == sorted(kinds)
    criterion = {"severity": {"Gte": 7}, "service.archived": {"Eq": ["false"]}}
    severe = main.list_findings(DetectorId=administrator, FindingCriteria={"Criterion": criterion})[
        "FindingIds"
    ]
    assert len(severe) == 1
    member.disassociate_from_master_account(DetectorId=own)
    assert main.list_findings(DetectorId=administrator)["FindingIds"] == []


def test_tags_of_a_detector_can_be_changed(simulation: Simulation) -> None:
    """Tags are added and taken off by ARN."""
    client = guardduty(simulation, PRODUCTION)
    own = detector(simulation, PRODUCTION)
    arn = f"arn:aws:guardduty:{REGION}:{PRODUCTION}:detector/{own}"
    client.tag_resource(ResourceArn=arn, Tags={"a": "1", "b": "2"})
    client.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert client.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"b": "2"}


def test_a_snapshot_keeps_detectors_and_members(simulation: Simulation) -> None:
    """What was agreed between two accounts is still agreed after a restore."""
    administrator, _ = accepted(simulation, PRODUCTION)
    restored = Simulation.restore(simulation.snapshot())
    assert status(restored, administrator, PRODUCTION) == "Enabled"


def raised(simulation: Simulation, count: int = 1) -> tuple[str, list[str]]:
    """The administrator's detector, and the ids of ``count`` findings of a member."""
    administrator, own = accepted(simulation, PRODUCTION)
    member = guardduty(simulation, PRODUCTION)
    for number in range(count):
        member.create_sample_findings(DetectorId=own, FindingTypes=[f"Recon:EC2/Port{number}"])
    pages = guardduty(simulation, MAIN).get_paginator("list_findings")
    found = pages.paginate(DetectorId=administrator).build_full_result()
    return administrator, list(found["FindingIds"])


def test_fifty_findings_a_call_are_the_limit(simulation: Simulation) -> None:
    """They are listed in pages, and more are neither listed nor got at once."""
    administrator, ids = raised(simulation, 51)
    main = guardduty(simulation, MAIN)
    assert len(set(ids)) == 51
    assert len(main.list_findings(DetectorId=administrator)["FindingIds"]) == 50
    with pytest.raises(AwsError, match="out-of-range"):
        main.list_findings(DetectorId=administrator, MaxResults=51)
    with pytest.raises(AwsError, match="out-of-range"):
        main.get_findings(DetectorId=administrator, FindingIds=ids)


def test_an_archived_finding_is_counted_apart_and_was_not_updated(simulation: Simulation) -> None:
    """Only the administrator may archive it, and bring it back."""
    administrator, (first, second) = raised(simulation, 2)
    main, member = guardduty(simulation, MAIN), guardduty(simulation, PRODUCTION)
    own = member.list_detectors()["DetectorIds"][0]
    with pytest.raises(AwsError, match="member account cannot archive"):
        member.archive_findings(DetectorId=own, FindingIds=[first])

    def got() -> dict[str, Any]:
        answer = main.get_findings(DetectorId=administrator, FindingIds=[first])
        found: dict[str, Any] = answer["Findings"][0]
        return found

    before = got()["UpdatedAt"]
    main.archive_findings(DetectorId=administrator, FindingIds=[first])
    assert (got()["Service"]["Archived"], got()["UpdatedAt"]) == (True, before)
    criteria = {"Criterion": {"service.archived": {"Equals": ["false"]}}}
    listed = main.list_findings(DetectorId=administrator, FindingCriteria=criteria)
    assert listed["FindingIds"] == [second]
    counted = main.get_findings_statistics(
        DetectorId=administrator, FindingCriteria=criteria, GroupBy="SEVERITY"
    )["FindingStatistics"]["GroupedBySeverity"]
    assert [(one["Severity"], one["TotalFindings"]) for one in counted] == [(5.0, 1)]
    main.unarchive_findings(DetectorId=administrator, FindingIds=[first])
    listed = main.list_findings(DetectorId=administrator, FindingCriteria=criteria)
    assert set(listed["FindingIds"]) == {first, second}


def test_a_delegated_administrator_has_members_without_inviting_them(
    simulation: Simulation,
) -> None:
    """The main account names it in each region; the members' GuardDuty is switched on."""
    main = guardduty(simulation, MAIN)
    assert main.list_organization_admin_accounts()["AdminAccounts"] == []
    with pytest.raises(AwsError, match="not the management account"):
        guardduty(simulation, PAYMENTS).enable_organization_admin_account(AdminAccountId=PAYMENTS)
    main.enable_organization_admin_account(AdminAccountId=PAYMENTS)
    (named,) = main.list_organization_admin_accounts()["AdminAccounts"]
    assert named == {"AdminAccountId": PAYMENTS, "AdminStatus": "ENABLED"}
    with pytest.raises(AwsError, match="already the delegated administrator"):
        main.enable_organization_admin_account(AdminAccountId=PRODUCTION)
    elsewhere = guardduty(simulation, MAIN, "us-east-1").list_organization_admin_accounts()
    assert elsewhere["AdminAccounts"] == []

    security = guardduty(simulation, PAYMENTS)
    own = security.list_detectors()["DetectorIds"][0]
    details = [{"AccountId": PRODUCTION, "Email": "production@acme.example"}]
    security.create_members(DetectorId=own, AccountDetails=details)
    (member,) = security.list_members(DetectorId=own)["Members"]
    assert (member["RelationshipStatus"], member["AccountId"]) == ("Enabled", PRODUCTION)
    theirs = guardduty(simulation, PRODUCTION)
    there = theirs.list_detectors()["DetectorIds"][0]
    theirs.create_sample_findings(DetectorId=there, FindingTypes=["Recon:EC2/PortScan"])
    assert len(security.list_findings(DetectorId=own)["FindingIds"]) == 1


def delegated(simulation: Simulation, **configuration: Any) -> tuple[Any, str]:
    """The client and the detector of an administrator that configures the organization."""
    guardduty(simulation, MAIN).enable_organization_admin_account(AdminAccountId=PAYMENTS)
    security = guardduty(simulation, PAYMENTS)
    own = security.list_detectors()["DetectorIds"][0]
    if configuration:
        security.update_organization_configuration(DetectorId=own, **configuration)
    return security, own


def everyone(client: Any, own: str) -> dict[str, str]:
    pages = client.get_paginator("list_members").paginate(DetectorId=own, OnlyAssociated="false")
    return {m["AccountId"]: m["RelationshipStatus"] for page in pages for m in page["Members"]}


def test_all_accounts_of_an_organization_become_members_with_its_plans(
    simulation: Simulation,
) -> None:
    """But for the main account, which has to switch GuardDuty on by itself first."""
    security, own = delegated(
        simulation,
        AutoEnableOrganizationMembers="ALL",
        Features=[{"Name": "RUNTIME_MONITORING", "AutoEnable": "ALL"}],
    )
    found = everyone(security, own)
    assert set(found.values()) == {"Enabled"}
    assert PRODUCTION in found
    assert not {MAIN, PAYMENTS} & found.keys()
    theirs = guardduty(simulation, PRODUCTION)
    there = theirs.list_detectors()["DetectorIds"][0]
    features = {f["Name"]: f["Status"] for f in theirs.get_detector(DetectorId=there)["Features"]}
    assert features["RUNTIME_MONITORING"] == "ENABLED"
    (refusal,) = security.create_members(
        DetectorId=own, AccountDetails=[{"AccountId": MAIN, "Email": "acme-main@acme.example"}]
    )["UnprocessedAccounts"]
    assert "your organization master must first enable GuardDuty" in refusal["Result"]
    detector(simulation, MAIN)
    assert everyone(security, own)[MAIN] == "Enabled"


def test_while_everybody_has_to_be_a_member_nobody_leaves(simulation: Simulation) -> None:
    security, own = delegated(simulation, AutoEnableOrganizationMembers="ALL")
    theirs = guardduty(simulation, PRODUCTION)
    there = theirs.list_detectors()["DetectorIds"][0]
    with pytest.raises(AwsError, match="auto-enable is set to ALL"):
        security.disassociate_members(DetectorId=own, AccountIds=[PRODUCTION])
    with pytest.raises(AwsError, match="auto-enable is set to ALL"):
        theirs.disassociate_from_administrator_account(DetectorId=there)
    with pytest.raises(AwsError, match="associated member"):
        theirs.delete_detector(DetectorId=there)
    with pytest.raises(AwsError, match="still has associated members"):
        guardduty(simulation, MAIN).disable_organization_admin_account(AdminAccountId=PAYMENTS)


def test_who_was_added_through_the_organization_cannot_be_invited_later(
    simulation: Simulation,
) -> None:
    security, own = delegated(simulation)
    assert everyone(security, own) == {}
    details = [{"AccountId": PRODUCTION, "Email": "production@acme.example"}]
    security.create_members(DetectorId=own, AccountDetails=details)
    assert guardduty(simulation, PRODUCTION).list_invitations()["Invitations"] == []
    security.disassociate_members(DetectorId=own, AccountIds=[PRODUCTION])
    assert everyone(security, own) == {PRODUCTION: "Removed"}
    (refusal,) = security.invite_members(DetectorId=own, AccountIds=[PRODUCTION])[
        "UnprocessedAccounts"
    ]
    assert "added through Organizations" in refusal["Result"]
    security.create_members(DetectorId=own, AccountDetails=details)
    assert everyone(security, own) == {PRODUCTION: "Enabled"}


def test_only_new_accounts_become_members_by_themselves(simulation: Simulation) -> None:
    security, own = delegated(simulation, AutoEnableOrganizationMembers="NEW")
    assert everyone(security, own) == {}
    organizations = simulation.client("organizations", "us-east-1", MAIN)
    made = organizations.create_account(AccountName="late", Email="late@acme.example")
    assert everyone(security, own) == {made["CreateAccountStatus"]["AccountId"]: "Enabled"}


def test_plans_are_those_of_the_region(simulation: Simulation) -> None:
    """What a region has not got is refused there, and not told."""
    main = guardduty(simulation, MAIN)
    main.enable_organization_admin_account(AdminAccountId=PAYMENTS)
    paris = guardduty(simulation, MAIN, "eu-west-3")
    paris.enable_organization_admin_account(AdminAccountId=PAYMENTS)
    newest = [{"Name": "AI_PROTECTION", "AutoEnable": "ALL"}]
    for region, there in ((REGION, True), ("eu-west-3", False)):
        security = guardduty(simulation, PAYMENTS, region)
        own = security.list_detectors()["DetectorIds"][0]
        told = security.describe_organization_configuration(DetectorId=own)
        assert ("AI_PROTECTION" in {f["Name"] for f in told["Features"]}) is there
        assert told["AutoEnableOrganizationMembers"] == "NONE"
        asked = {"DetectorId": own, "AutoEnableOrganizationMembers": "NEW"}
        if there:
            security.update_organization_configuration(**asked, Features=newest)
            continue
        with pytest.raises(AwsError, match="AI_PROTECTION is not available in this region"):
            security.update_organization_configuration(**asked, Features=newest)
        both = [{"Name": n, "AutoEnable": "ALL"} for n in told_runtime()]
        with pytest.raises(AwsError, match="only one of"):
            security.update_organization_configuration(**asked, Features=both)
        with pytest.raises(AwsError, match="but not both"):
            security.update_organization_configuration(**asked, AutoEnable=True)


def told_runtime() -> tuple[str, str]:
    return "EKS_RUNTIME_MONITORING", "RUNTIME_MONITORING"


def test_an_administrator_by_invitation_keeps_its_members_when_it_is_delegated(
    simulation: Simulation,
) -> None:
    administrator, _ = accepted(simulation, PRODUCTION)
    main = guardduty(simulation, MAIN)
    with pytest.raises(AwsError, match="associated member of another account"):
        main.enable_organization_admin_account(AdminAccountId=PRODUCTION)
    main.enable_organization_admin_account(AdminAccountId=MAIN)
    assert everyone(main, administrator) == {PRODUCTION: "Enabled"}
    assert guardduty(simulation, PRODUCTION).list_invitations()["Invitations"] == []
