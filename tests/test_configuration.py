"""baseline.yaml: defaults, values, and errors that name file, line and key."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseline.configuration import Configuration, load, mutes, parse
from baseline.errors import ConfigurationError


def test_without_a_file_everything_has_a_default() -> None:
    configuration = load()
    assert configuration.model_dump() == Configuration().model_dump()
    assert configuration.prefix == "baseline"
    assert configuration.audit.role == "AssumableSecurityAuditRole"
    assert configuration.global_region == configuration.home_region


def test_baseline_yaml_is_found_where_one_works() -> None:
    Path("baseline.yaml").write_text("home_region: eu-west-1\n")
    assert load().home_region == "eu-west-1"


def test_a_file_that_was_named_must_be_there() -> None:
    with pytest.raises(ConfigurationError, match=r"other\.yaml: there is no such file.*init"):
        load(Path("other.yaml"))


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: Is a directory"):
        load(tmp_path)
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match=r"cannot be read.*UTF-8"):
        load(binary)


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n"])
def test_an_empty_file_means_the_defaults(text: str) -> None:
    assert parse(text, "baseline.yaml") == Configuration()
    assert parse(text, "f").written


def test_defaults_alone_are_nothing_that_somebody_wrote() -> None:
    assert not load().written


def test_what_is_adopted_is_read_with_lists_and_ids() -> None:
    detector = "0123456789abcdef0123456789abcdef"
    adopt = parse(
        f"""
        adopt:
          config: {{"400000000004": [us-east-1]}}
          cloudtrail: {{"500000000005": [eu-west-1, us-east-1]}}
          guardduty: {{"400000000004": {{us-east-1: {detector}}}}}
        """,
        "f",
    ).adopt
    assert adopt.config == {"400000000004": ("us-east-1",)}
    assert adopt.cloudtrail == {"500000000005": ("eu-west-1", "us-east-1")}
    assert adopt.guardduty == {"400000000004": {"us-east-1": detector}}


def test_values_are_read() -> None:
    configuration = parse(
        """
        home_region: eu-west-1
        regions: [eu-west-1, us-east-1]
        config: {global_region: us-east-1}
        exclude_accounts: [012345678901, "600000000006"]
        audit:
          timeout_minutes: 30
        lake: /var/lake
        """,
        "f",
    )
    assert configuration.regions == ("eu-west-1", "us-east-1")
    assert configuration.global_region == "us-east-1"
    assert configuration.exclude_accounts == ("012345678901", "600000000006")
    assert configuration.audit.timeout_minutes == 30
    assert configuration.lake == Path("/var/lake")


@pytest.mark.parametrize(
    ("text", "where", "sentence"),
    [
        ("home_regoin: eu-west-1\n", "line 1, key home_regoin", "unknown key. Did you mean home_"),
        ("audit:\n  rolle: x\n", "line 2, key audit.rolle", "Did you mean role?"),
        ("\n\nzzz: 1\n", "line 3, key zzz", "unknown key. Known here: organization, home_region"),
        ("home_region: Ireland\n", "line 1, key home_region", "expected a region, like eu-west-1"),
        (
            "organization: acme\n",
            "line 1, key organization",
            "expected an organization's id, like o-",
        ),
        ("audit: {role: a b}\n", "line 1, key audit.role", "found 'a b', expected 1 to 64 letters"),
        ("audit: {external_id: x}\n", "line 1, key audit.external_id", "(like acme-audit)"),
        ("audit: {require_mfa: 1}\n", "line 1, key audit.require_mfa", "expected true or false"),
        (
            "audit:\n  timeout_minutes: x\n",
            "line 2, key audit.timeout_minutes",
            "expected a whole number",
        ),
        ("audit:\n", "line 1, key audit", "found nothing, expected keys and values"),
        (
            "adopt: {config: []}\n",
            "line 1, key adopt.config",
            'found [], expected accounts, each with its regions, like "123456789012": [eu-west-1]',
        ),
        (
            "adopt:\n  guardduty:\n    '400000000004': [eu-west-1]\n",
            "line 3, key adopt.guardduty.400000000004",
            "found ['eu-west-1'], expected accounts, each with its regions and in each",
        ),
        ("cost: {assume: 1}\n", "line 1, key cost.assume", "expected names, each with a number"),
        (
            "vpc:\n  networks:\n  - {account: 400000000004, region: eu-west-1, cidr: 10.0.0.0/8}\n",
            "line 3, key vpc.networks.0.cidr",
            "found '10.0.0.0/8', expected addresses of a network of /16 to /28, like 10.0.0.0/16",
        ),
        ("vpc: {pool: 0.0.0.0/0}\n", "line 1, key vpc.pool", "expected addresses of /8 or less"),
        (
            "vpc:\n  interface_endpoints: [ssm, ssm]\n",
            "line 2, key vpc.interface_endpoints",
            "found ['ssm', 'ssm'], expected each service once",
        ),
        ("regions: eu-west-1\n", "line 1, key regions", "expected a list"),
        ("audit: {services: [1]}\n", "line 1, key audit.services.0", "found 1, expected text"),
        ("lake: ''\n", "line 1, key lake", "found '', expected a directory, like"),
        ("reports:\n", "line 1, key reports", "found nothing, expected a directory, like"),
        ("storage: {retention_days: 36501}\n", "line 1, key storage.retention_days", "36500"),
        (
            "storage:\n  query_result_days: 99999999999",
            "line 2, key storage.query_result_days",
            "36500",
        ),
        (
            "prefix: a\nlake: a\nprefix: b\n",
            "line 3, column 1",
            "found the key prefix a second time",
        ),
        ("audit:\n  role: a\n  role: b\n", "line 3, column 3", "found the key role a second time"),
        ("regions: &a [*a]\n", "line 1, column 14", "found an alias or a tag"),
        ("lake: !!int x\n", "line 1, column 7", "found an alias or a tag"),
        ('lake: "\\0"\n', "line 1, column 7", "a character that cannot be printed"),
        ('lake: "\\ud800"\n', "line 1, column 7", "a character that cannot be printed"),
        ("prefix: A\n", "line 1, key prefix", "found 'A', expected 3 to 20 lower-case letters"),
        ("prefix: ab\n", "line 1, key prefix", "found 'ab'"),
        ("prefix: acme-\n", "line 1, key prefix", "found 'acme-'"),
        ("prefix: a--b\n", "line 1, key prefix", "found 'a--b'"),
        ("prefix: 'abc\n\n '\n", "line 1, key prefix", "found 'abc"),
        ("prefix: sthree-x\n", "line 1, key prefix", "found 'sthree-x'"),
        ("prefix: aaaaaaaaaaaaaaaaaaaaa\n", "line 1, key prefix", "found 'aaaa"),
        ("audit:\n  timeout_minutes: 0\n", "line 2, key audit.timeout_minutes", "greater than 0"),
        ("regions:\n- eu-west-1\n- nowhere\n", "line 3, key regions.1", "found 'nowhere'"),
        (
            "exclude_accounts: [1234]\n",
            "line 1, key exclude_accounts.0",
            "found 1234, expected 12 digits",
        ),
        ("audit: yes please\n", "line 1, key audit", "found 'yes please'"),
        ("guardduty: {mode: magic}\n", "line 1, key guardduty.mode", "found 'magic'"),
        ("- a\n- b\n", "line 1", "expected keys and values"),
        ("a: [1,\n", "line 2, column 1", "not valid YAML"),
        ("a: 'x\n", "line 2, column 1", "not valid YAML"),
    ],
)
def test_an_error_names_file_line_and_key(text: str, where: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(text, "baseline.yaml")
    said = str(caught.value)
    assert said.startswith(f"baseline.yaml, {where}: ")
    assert sentence in said


def test_lists_within_lists_without_end_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="f: not valid YAML"):
        parse("[" * 5000, "f")


KEYS = [*Configuration.model_fields, "role", "mode", "<<", "? [a]", "~", "1", "!!str a"]
VALUES = [
    "",
    "~",
    "yes",
    "1",
    "-1.5",
    "2026-13-45",
    "[a, ~]",
    "{role: a}",
    "&a [*a]",
    "*a",
    "!!int a",
]


@given(
    st.text(st.sampled_from("a1:-[]{},&*!|>'\"%#?~ \n\t\\é\0"))
    | st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(VALUES))).map(
        lambda pairs: "\n".join(f"{key}: {value}" for key, value in pairs)
    )
)
def test_whatever_the_text_is_it_is_read_or_refused_in_a_sentence(text: str) -> None:
    """No other error comes out, and none speaks pydantic's words."""
    try:
        assert isinstance(parse(text, "f"), Configuration)
    except ConfigurationError as error:
        said = str(error)
        assert said.startswith("f")
        assert not re.search(r"should|array|object|\bstring\b|None", said.partition("expected")[2])


def test_no_python_object_comes_out_of_a_file() -> None:
    """A tag that makes YAML run code is an error, not a call."""
    with pytest.raises(ConfigurationError, match="not valid YAML"):
        parse("lake: !!python/object/apply:os.mkdir [made]\n", "f")
    assert not Path("made").exists()


def test_a_configuration_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Configuration().prefix = "other"


def test_an_accepted_risk_that_would_mute_everything_is_refused() -> None:
    text = "mute:\n- check: '*'\n  reason: a\n  owner: b\n  expires: 2027-01-01\n"
    with pytest.raises(ConfigurationError, match=r"line 2, key mute.0: .*lest it mute everything"):
        parse(text, "baseline.yaml")


def test_a_slip_of_the_pen_in_a_list_is_named_before_what_is_missing_for_it() -> None:
    text = "mute:\n- chek: s3_open\n  reason: a\n  owner: b\n  expires: 2027-01-01\n"
    with pytest.raises(ConfigurationError, match=r"mute.0.chek: unknown key. Did you mean check"):
        parse(text, "baseline.yaml")


def test_what_is_missing_in_a_list_is_named() -> None:
    text = "mute:\n- check: s3_open\n  reason: a\n  expires: 2027-01-01\n"
    with pytest.raises(ConfigurationError, match=r"key mute.0.owner: it is not given. Add it."):
        parse(text, "baseline.yaml")


def test_accepted_risks_of_the_file_beside_are_added() -> None:
    risk = "mute:\n- check: {}\n  reason: a\n  owner: b\n  expires: 2027-01-01\n"
    Path("mute.yaml").write_text(risk.format("s3_tls"))
    read = parse(risk.format("s3_open"), "baseline.yaml")
    assert [mute.check for mute in mutes(read)] == ["s3_open", "s3_tls"]
    Path("mute.yaml").write_text("audit: {}\n")
    with pytest.raises(ConfigurationError, match=r"mute.yaml, line 1, key audit: unknown key"):
        mutes(read)


def test_a_bootstrap_role_with_a_comma_is_refused_because_the_policy_takes_a_list() -> None:
    with pytest.raises(ConfigurationError, match=r"bootstrap_role.*without a comma"):
        parse('stack_sets: {bootstrap_role: "Deployer,*"}', "f")
