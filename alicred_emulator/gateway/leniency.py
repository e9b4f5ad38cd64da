"""What the fakes let pass although the rules say otherwise: two known mistakes of SDKs, off by default."""

from dataclasses import dataclass


@dataclass(slots=True)
class Leniency:
    """Switches for tests of clients that sign wrongly.

    Attributes:
        accepts_plus_for_space: Whether a V1 signature may be made of parameters in which a space is written
            as ``+``. Alibaba's SDK for Python does it, so each policy of `json.dumps` is
            signed wrongly by it; whether the live service minds is not known.
        accepts_hmac_for_key_pairs: Whether `GenerateSessionAccessKey` may be signed with the text of the
            private key's file as a secret, as the SDKs for Python, Java and Node.js do.
    """

    accepts_plus_for_space: bool = False
    accepts_hmac_for_key_pairs: bool = False
