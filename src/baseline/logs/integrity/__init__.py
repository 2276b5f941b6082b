"""Whether CloudTrail's logs are those that it delivered: chains of signed digests, and hashes.

``digest`` is one digest and its signature; ``keys`` the public keys; ``chain`` follows a chain
from its newest digest back; ``verdict`` is what came of one file; ``validate`` joins them over a
source. The verdicts are those of ``aws cloudtrail validate-logs``; the method is the CloudTrail
user guide's, "Custom implementations of CloudTrail log file integrity validation".
"""
