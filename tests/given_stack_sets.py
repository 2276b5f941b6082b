"""A template of two resources, and parameters as the API takes them."""

TOPIC = """
Parameters:
  Name: {Type: String, Default: from-template}
  Days: {Type: Number, Default: 7}
Resources:
  Topic: {Type: 'AWS::SNS::Topic', Properties: {TopicName: !Ref Name}}
  Group:
    Type: AWS::Logs::LogGroup
    Properties: {LogGroupName: audit, RetentionInDays: !Ref Days}
"""


def given(**values: str) -> list[dict[str, str]]:
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]
