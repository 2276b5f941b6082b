"""What programs that we start may see of our environment: what is listed here, and nothing else.

A list of what is secret would always be one secret behind.
"""

from collections.abc import Mapping

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")

# What any program needs to find its files, to speak, and to get out of this network.
_ANY = frozenset(
    {
        *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ", "TZDIR", "LD_LIBRARY_PATH"),
        *("TERM", "COLUMNS", "LINES", "NO_COLOR", "LANG", "LANGUAGE"),
        *("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "XDG_DATA_HOME"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
        *_PROXIES,
        *(name.lower() for name in _PROXIES),
    }
)
_ANY_LIKE = ("LC_",)

# Where AWS is, never who we are.
_AWS_LIKE = (
    "AWS_ENDPOINT_URL",
    "AWS_CA_BUNDLE",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
)

# Where packages are, and what opens that place; what publishes packages is for nobody here.
_INDEX = frozenset({"NETRC", "SSL_CLIENT_CERT"})
_INDEX_LIKE = ("UV_", "PIP_")
_PUBLISHING = "UV_PUBLISH_"


def plain(ours: Mapping[str, str]) -> dict[str, str]:
    """Of ``ours``, what any program may see."""
    return {n: v for n, v in ours.items() if n in _ANY or n.startswith(_ANY_LIKE)}


def towards_aws(ours: Mapping[str, str]) -> dict[str, str]:
    """Of ``ours``, what a program may see that is to look at AWS."""
    return plain(ours) | {n: v for n, v in ours.items() if n.startswith(_AWS_LIKE)}


def towards_packages(ours: Mapping[str, str]) -> dict[str, str]:
    """Of ``ours``, what pip or uv may see: also the settings of a package index."""
    return plain(ours) | {
        n: v
        for n, v in ours.items()
        if n in _INDEX or (n.startswith(_INDEX_LIKE) and not n.startswith(_PUBLISHING))
    }
