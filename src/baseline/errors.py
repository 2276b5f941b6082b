"""The tree of errors. Each owns one sentence: where, what, what to do.

::

    BaselineError                  exit 2 unless said otherwise
    ├── UsageError                 the command line asks for what cannot be
    ├── ConfigurationError         baseline.yaml or a BASELINE_ variable
    ├── CredentialsError           none, expired, or not those of the account meant
    │   └── MfaError               an MFA code that is wrong, or was used before
    ├── AwsError                   AWS refused or failed a call
    │   ├── DeniedError            no permission; retrying does not help
    │   ├── ThrottledError         too many calls, after all retries
    │   └── UnreachableError       no answer from the endpoint
    ├── UnknownAccountError        an account that the organization has not got
    ├── TemplateError              a CloudFormation template
    ├── LogFileError               one log object that cannot be read
    ├── QueryError                 SQL that is refused, with its position or column
    └── ToolError                  Prowler or ScoutSuite: set-up, start or output
"""

from typing import ClassVar


class BaselineError(Exception):
    """Something the user should read: where it happened, what is wrong, what to do about it."""

    exit_code: ClassVar[int] = 2

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        """The sentence, on one line."""
        text = f"{self.where}: {self.what}" if self.where else self.what
        text = f"{text.rstrip('.')}. {self.remedy}" if self.remedy else text
        return " ".join(text.split())


class UsageError(BaselineError):
    """The command line asks for something that cannot be."""


class ConfigurationError(BaselineError):
    """A setting is missing, unknown or wrong; names file, line and key."""


class CredentialsError(BaselineError):
    """There are no usable credentials, or they are not those of the account meant."""


class MfaError(CredentialsError):
    """STS did not take an MFA code; another one may do."""


class AwsError(BaselineError):
    """AWS refused or failed a call. ``code`` is AWS's own error code."""

    def __init__(self, what: str, *, code: str = "", where: str = "", remedy: str = "") -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.code = code


class DeniedError(AwsError):
    """The caller may not do this; trying again does not help."""


class ThrottledError(AwsError):
    """AWS answered "too many requests" until the retries were used up."""


class UnreachableError(AwsError):
    """The endpoint gave no answer."""


class UnknownAccountError(BaselineError):
    """An account was named that the organization has not got."""


class TemplateError(BaselineError):
    """A CloudFormation template is wrong, or too large to be sent."""


class LogFileError(BaselineError):
    """One log object cannot be read; the others go on."""


class QueryError(BaselineError):
    """SQL was refused; the sentence names the position or the column."""


class ToolError(BaselineError):
    """An audit tool could not be set up, started, or understood."""
