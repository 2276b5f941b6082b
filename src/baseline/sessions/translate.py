"""botocore's errors, translated once, where they arise."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions

from baseline.errors import (
    AwsError,
    BaselineError,
    CredentialsError,
    DeniedError,
    MfaError,
    ThrottledError,
    UnreachableError,
)

SIGN_IN = (
    "Sign in again (baseline login -m, aws sso login, or export fresh credentials) and repeat."
)
_SSO = "Sign in again with: aws sso login (for your profile), and repeat."

_DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "UnauthorizedOperation",
    "UnauthorizedAccess",
    "InsufficientPermissionsException",
}
_THROTTLED = {
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "SlowDown",
}
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_UNKNOWN_KEY = {
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "AuthFailure",
}


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Raise what botocore raises inside as one of our errors, located at ``where``."""
    try:
        yield
    except exceptions.ClientError as error:
        raise _client_error(error, where) from error
    except (exceptions.NoCredentialsError, exceptions.PartialCredentialsError) as error:
        raise CredentialsError(
            "no AWS credentials were found",
            where=where,
            remedy="Export AWS_PROFILE or AWS_ACCESS_KEY_ID, or give --profile.",
        ) from error
    except exceptions.ProfileNotFound as error:
        raise CredentialsError(
            str(error), where=where, remedy="See: aws configure list-profiles"
        ) from error
    except (exceptions.SSOError, exceptions.TokenRetrievalError) as error:
        raise CredentialsError(str(error), where=where, remedy=_SSO) from error
    except (exceptions.LoginError, exceptions.CredentialRetrievalError) as error:
        raise CredentialsError(str(error), where=where, remedy=SIGN_IN) from error
    except (exceptions.HTTPClientError, exceptions.ConnectionError) as error:
        raise UnreachableError(
            f"no answer from the endpoint ({type(error).__name__})",
            where=where,
            remedy="Check the network, the region's name and AWS_ENDPOINT_URL, then repeat.",
        ) from error
    except exceptions.BotoCoreError as error:
        raise AwsError(str(error), where=where, code=type(error).__name__) from error
    except RuntimeError as error:
        # What botocore raises when it renewed keys and got the same old ones.
        if "still expired" not in str(error):
            raise
        raise CredentialsError(
            "the credentials have expired", where=where, remedy=SIGN_IN
        ) from error


def _client_error(error: exceptions.ClientError, where: str) -> BaselineError:
    code = error.response.get("Error", {}).get("Code", "Unknown")
    message = error.response.get("Error", {}).get("Message", "") or "no message"
    what = f"{code}: {message}"
    if code in _EXPIRED:
        return CredentialsError(
            f"the credentials have expired ({code})", where=where, remedy=SIGN_IN
        )
    if code in _UNKNOWN_KEY:
        return CredentialsError(
            f"the credentials are not valid ({code})", where=where, remedy=SIGN_IN
        )
    if "MultiFactorAuthentication failed" in message:
        return _mfa_error(message, where)
    if code in _DENIED:
        return DeniedError(
            what,
            code=code,
            where=where,
            remedy="Allow the caller this action, or use another role.",
        )
    if code in _THROTTLED:
        return ThrottledError(
            what, code=code, where=where, remedy="Wait a minute and run it again."
        )
    return AwsError(what, code=code, where=where)


def _mfa_error(message: str, where: str) -> CredentialsError:
    if "serial number" in message:
        return CredentialsError(
            "STS knows no such MFA device of the caller",
            where=where,
            remedy="See: aws iam list-mfa-devices; then give the right one with --serial.",
        )
    return MfaError(
        "the MFA code was refused: it is wrong, or was used before",
        where=where,
        remedy="Each code works once: wait for the next one (half a minute) and repeat.",
    )
