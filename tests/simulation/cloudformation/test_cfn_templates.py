"""Templates: what is refused on sight, what parameters may be, what functions give."""

import json
from datetime import UTC, datetime

import pytest

from baseline.simulation.cloudformation import parameters, schemas
from baseline.simulation.cloudformation.intrinsics import Made
from baseline.simulation.cloudformation.records import Stack
from baseline.simulation.cloudformation.template import Template, parse
from baseline.simulation.cloudformation.wanted import Wanted
from baseline.simulation.service import Refusal

TOPIC = "  Topic: {Type: 'AWS::SNS::Topic'}"


def body(value: str = "x", extra: str = "", resources: str = "") -> str:
    return f"{extra}\nResources:\n{TOPIC}\n{resources}\nOutputs: {{Answer: {{Value: {value}}}}}"


def resolved(text: str, **given: str) -> str:
    """The output Answer of a template in account 100000000001, eu-west-1."""
    template = parse(text)
    values = parameters.settle(template.parameters, given)
    stack = Stack("arn:stack", "mine", "100000000001", "eu-west-1", datetime.now(UTC))
    wanted = Wanted(template, values)
    scope = wanted.scope(stack, {"shared": "imported"}.__getitem__)
    scope.resources["Topic"] = Made("arn:topic", {"TopicName": "topic"})  # type: ignore[index]  # a dict here
    return wanted.outputs(stack, scope)[0].get("Answer", "")


PREAMBLE = """
Parameters:
  Name: {Type: String, Default: blue}
  Names: {Type: CommaDelimitedList, Default: "a, b,c"}
Mappings: {Sizes: {eu-west-1: {small: t3.nano}}}
Conditions:
  IsBlue: !Equals [!Ref Name, blue]
  IsNot: !Not [!Condition IsBlue]
  Both: !And [!Condition IsBlue, !Equals [1, "1"]]
  Any: !Or [!Condition IsNot, !Condition Both]
"""


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        ("!Ref Name", "blue"),
        ("!Ref AWS::Region", "eu-west-1"),
        ("!Ref AWS::AccountId", "100000000001"),
        ("!Ref Topic", "arn:topic"),
        ("!GetAtt Topic.TopicName", "topic"),
        ("!Sub 'arn:${AWS::Partition}:x:${Name}:${Topic.TopicName}:${!Literal}'",
         "arn:aws:x:blue:topic:${Literal}"),
        ("!Sub ['${A}-${Name}', {A: !Ref AWS::Region}]", "eu-west-1-blue"),
        ("!Join ['-', [a, !Ref Name]]", "a-blue"),
        ("!Join ['|', !Ref Names]", "a|b|c"),
        ("!Select [1, !Ref Names]", "b"),
        ("!Select [1, !Split ['/', 'x/y/z']]", "y"),
        ("!FindInMap [Sizes, !Ref AWS::Region, small]", "t3.nano"),
        ("!If [IsBlue, yes it is, no]", "yes it is"),
        ("!If [IsNot, a, !If [Any, b, c]]", "b"),
        ("!ImportValue shared", "imported"),
        ("!Base64 abc", "YWJj"),
        ("!Select [2, !Cidr [10.0.0.0/16, 4, 8]]", "10.0.2.0/24"),
        ("!Select [0, !GetAZs '']", "eu-west-1a"),
        ("!Join ['', [!If [IsNot, a, !Ref AWS::NoValue], b]]", "b"),
        ("2012-10-17", "2012-10-17"),
    ],
)  # fmt: skip
def test_functions_give_what_the_reference_says(value: str, answer: str) -> None:
    assert resolved(body(value, PREAMBLE)) == answer


def test_json_and_yaml_say_the_same() -> None:
    data = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {"Answer": {"Value": {"Fn::Sub": "${AWS::Region}"}}},
    }
    assert resolved(json.dumps(data)) == "eu-west-1"


def problem(text: str) -> str:
    with pytest.raises(Refusal) as caught:
        parse(text)
    assert caught.value.code == "ValidationError"
    return caught.value.message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Resources: [", "YAML not well-formed"),
        ("{not json", "JSON not well-formed"),
        ("just text", "unsupported structure"),
        ("Description: nothing", "At least one Resources member must be defined"),
        (body(extra="Resorces: {}"), "Invalid template property or properties [Resorces]"),
        (body(resources="  B: {Type: 'AWS::No::Such'}"),
         "Unrecognized resource types: [AWS::No::Such]"),
        (body(resources="  B: {Type: 'AWS::EC2::Instance'}"),
         "cannot make resources of the types: [AWS::EC2::Instance]"),
        (body(resources="  B: {Properties: {}}"), "must contain a Type member"),
        (body(resources="  B: {Type: 'AWS::SNS::Topic', Propertes: {}}"),
         "Invalid template resource property 'Propertes'"),
        (body("!Ref Nothing"), "Unresolved resource dependencies [Nothing] in the Outputs block"),
        (body(resources="  B: {Type: 'AWS::SNS::Topic', DependsOn: Nowhere}"),
         "Unresolved resource dependencies [Nowhere]"),
        (body("!GetAtt Nothing.Arn"), "Fn::GetAtt references undefined resource Nothing"),
        (body("!Nonsense x"), "YAML not well-formed"),
        (body(extra="Transform: AWS::Serverless-2016-10-31"), "no Transform section"),
        (body(extra="Parameters: {P: {Type: Strin}}"), "Unrecognized parameter type: Strin"),
        (body(extra="Parameters: {P: {Type: String, Default: c, AllowedValues: [a, b]}}"),
         "Parameter 'P' must be one of AllowedValues"),
        (body(resources="  B: {Type: 'AWS::SNS::Topic', Condition: Never}"),
         "Unresolved condition dependency Never"),
    ],
)  # fmt: skip
def test_a_wrong_template_is_refused_on_sight(text: str, said: str) -> None:
    assert said in problem(text)


def test_a_cycle_is_refused_and_named() -> None:
    cycle = """
Resources:
  A: {Type: 'AWS::SNS::Topic', Properties: {DisplayName: !Ref B}}
  B: {Type: 'AWS::SNS::Topic', DependsOn: A}
"""
    assert problem(cycle) == "Circular dependency between resources: [A, B]"


def test_resources_come_after_what_they_need() -> None:
    template = parse("""
Resources:
  Policy: {Type: 'AWS::S3::BucketPolicy', Properties: {Bucket: !Ref Bucket, PolicyDocument: {}}}
  Last: {Type: 'AWS::SNS::Topic', DependsOn: [Policy]}
  Bucket: {Type: 'AWS::S3::Bucket'}
""")
    assert list(template.resources) == ["Bucket", "Policy", "Last"]


def test_a_delivery_channel_comes_after_the_recorder_that_it_needs() -> None:
    template = parse("""
Resources:
  Channel: {Type: 'AWS::Config::DeliveryChannel', Properties: {S3BucketName: b}}
  Recorder: {Type: 'AWS::Config::ConfigurationRecorder', Properties: {RoleARN: r}}
""")
    assert list(template.resources) == ["Recorder", "Channel"]


def declared(text: str) -> Template:
    return parse(body(extra=f"Parameters: {{P: {{{text}}}}}"))


@pytest.mark.parametrize(
    ("declaration", "value", "said"),
    [
        ("Type: String, AllowedValues: [a]", "b", "Parameter 'P' must be one of AllowedValues"),
        ("Type: String, AllowedPattern: '[a-z]+'", "B1", "Parameter 'P' must match pattern [a-z]+"),
        ("Type: String, MinLength: 3", "ab", "Parameter 'P' must contain at least 3 characters"),
        ("Type: String, MaxLength: 3", "abcd", "Parameter 'P' must contain at most 3 characters"),
        ("Type: Number", "x", "Parameter 'P' must be a number"),
        ("Type: Number, MinValue: 5", "4", "Parameter 'P' must be a number not less than 5"),
        ("Type: Number, MaxValue: 5", "6", "Parameter 'P' must be a number not greater than 5"),
        ("Type: CommaDelimitedList, AllowedValues: [a, b]", "a,c",
         "Parameter 'P' must be one of AllowedValues"),
        ("Type: String, AllowedValues: [a], ConstraintDescription: only a", "b",
         "Parameter 'P' failed to satisfy constraint: only a"),
    ],
)  # fmt: skip
def test_a_value_that_is_not_allowed_is_refused(declaration: str, value: str, said: str) -> None:
    with pytest.raises(Refusal) as caught:
        parameters.settle(declared(declaration).parameters, {"P": value})
    assert caught.value.message == said


def test_parameters_must_be_known_and_have_values() -> None:
    known = declared("Type: String").parameters
    with pytest.raises(Refusal, match=r"Parameters: \[A, B\] do not exist in the template"):
        parameters.settle(known, {"P": "", "B": "", "A": ""})
    with pytest.raises(Refusal, match=r"Parameters: \[P\] must have values"):
        parameters.settle(known, {})


@pytest.mark.parametrize(
    ("resource", "needed"),
    [
        ("{Type: 'AWS::SNS::Topic'}", ()),
        ("{Type: 'AWS::IAM::Role', Properties: {AssumeRolePolicyDocument: {}}}",
         ("CAPABILITY_IAM",)),
        ("{Type: 'AWS::IAM::Role', Properties: {AssumeRolePolicyDocument: {}, RoleName: r}}",
         ("CAPABILITY_NAMED_IAM",)),
    ],
)  # fmt: skip
def test_iam_resources_need_a_capability(resource: str, needed: tuple[str, ...]) -> None:
    template = parse(body(resources=f"  R: {resource}"))
    assert template.capabilities == needed
    template.check_capabilities(["CAPABILITY_NAMED_IAM"])
    if needed:
        with pytest.raises(Refusal) as caught:
            template.check_capabilities([])
        assert caught.value.code == "InsufficientCapabilitiesException"


def test_a_name_is_not_covered_by_the_smaller_capability() -> None:
    text = body(resources="  R: {Type: 'AWS::IAM::Role', Properties: {RoleName: r}}")
    with pytest.raises(Refusal, match="CAPABILITY_NAMED_IAM"):
        parse(text).check_capabilities(["CAPABILITY_IAM"])


def test_schemas_find_missing_unknown_and_read_only_properties() -> None:
    assert schemas.problems("AWS::GuardDuty::Detector", {"Enable": True}) == []
    said = schemas.problems(
        "AWS::GuardDuty::Detector", {"Id": "x", "Features": [{"Nam": "S3_DATA_EVENTS"}]}
    )
    assert "#: required key [Enable] not found" in said
    assert "#: extraneous key [Id] is not permitted" in said
    assert "#/Features/0: extraneous key [Nam] is not permitted" in said


def test_text_becomes_what_the_type_wants() -> None:
    assert schemas.typed("AWS::Logs::LogGroup", {"RetentionInDays": "30"}) == {
        "RetentionInDays": 30
    }
    assert schemas.typed("AWS::GuardDuty::Detector", {"Enable": "true"}) == {"Enable": True}
    assert schemas.typed("AWS::SSM::Parameter", {"Value": 5}) == {"Value": "5"}


def test_what_cannot_change_makes_a_replacement() -> None:
    assert "RoleName" in schemas.fixed_properties("AWS::IAM::Role")
    assert "ManagedPolicyArns" not in schemas.fixed_properties("AWS::IAM::Role")
