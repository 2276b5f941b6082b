"""Every error of botocore becomes one of ours, with where, what and what to do."""

import pytest
from botocore import exceptions

from baseline import errors
from baseline.sessions.translate import translated


def client_error(code: str) -> exceptions.ClientError:
    return exceptions.ClientError({"Error": {"Code": code, "Message": "why\n it is"}}, "Op")


@pytest.mark.parametrize(
    ("raised", "becomes", "sentence"),
    [
        (client_error("AccessDeniedException"), errors.DeniedError, "why it is. Allow the caller"),
        (client_error("UnauthorizedOperation"), errors.DeniedError, "UnauthorizedOperation: why"),
        (client_error("ThrottlingException"), errors.ThrottledError, "Wait a minute"),
        (client_error("SlowDown"), errors.ThrottledError, "Wait a minute"),
        (client_error("ExpiredToken"), errors.CredentialsError, "have expired.* Sign in again"),
        (client_error("InvalidClientTokenId"), errors.CredentialsError, "are not valid"),
        (client_error("NoSuchBucket"), errors.AwsError, "NoSuchBucket: why it is"),
        (exceptions.NoCredentialsError(), errors.CredentialsError, "no AWS credentials"),
        (exceptions.ProfileNotFound(profile="p"), errors.CredentialsError, r"\(p\) could not"),
        (
            exceptions.TokenRetrievalError(provider="sso", error_msg="Token has expired"),
            errors.CredentialsError,
            "Token has expired.* aws sso login",
        ),
        (
            exceptions.EndpointConnectionError(endpoint_url="https://x"),
            errors.UnreachableError,
            "EndpointConnectionError.*Check the network",
        ),
        (
            exceptions.ReadTimeoutError(endpoint_url="https://x"),
            errors.UnreachableError,
            "ReadTimeoutError",
        ),
        (exceptions.ParamValidationError(report="bad"), errors.AwsError, "bad"),
    ],
)
def test_errors_of_botocore(
    raised: Exception, becomes: type[errors.BaselineError], sentence: str
) -> None:
    said = f"^400000000004 eu-west-1 s3:Op: .*{sentence}"
    with (
        pytest.raises(becomes, match=said) as caught,
        translated("400000000004 eu-west-1 s3:Op"),
    ):
        raise raised
    assert type(caught.value) is becomes
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is raised


def test_the_code_of_aws_is_kept() -> None:
    with pytest.raises(errors.AwsError) as caught, translated("here"):
        raise client_error("StackSetNotFoundException")
    assert caught.value.code == "StackSetNotFoundException"


def test_what_is_not_botocores_passes() -> None:
    with pytest.raises(KeyError), translated("here"):
        raise KeyError("a bug")
