"""What the fake metadata service does where the real one is not documented.

Each is a guess with its reason. Whoever learns better changes it here, or, of these, where it says:

- A slash after a leaf is accepted, as clients differ in writing it (likely; `imds_tree.item_of`).
- Content types: ``text/plain`` for items, ``application/json`` for the role's credential and other JSON,
  ``text/html`` for error pages (likely for items and pages, a guess for JSON; `messages`, `pages`).
- Paths are case-sensitive, versions included (likely; `imds_tree.item_of`).
- Tokens are issued under both versions, though ``latest`` alone is documented (a guess; `imds_tree`).
- Tags named ``.`` and ``..`` are listed all the same (a guess; that they cannot be read is documented).
"""

from typing import Final

STATUS_ENDPOINT_DISABLED: Final = 403
"""`HttpEndpoint=disabled`: cloud-init reads a 403 so. A refused connection is possible too."""

STATUS_METHOD_UNKNOWN: Final = 405
"""Methods other than GET, and PUT on the token: nothing is known; HTTP's own answer is used."""

STATUS_BAD_TTL: Final = 400
"""A TTL that is missing, zero, negative or no number: only "too long" is documented as 400."""

STATUS_BAD_TOKEN: Final = 401
"""An invalid token is documented as 401; so are taken an expired one, an empty one, and one that
would not have been needed (`HttpTokens=optional`)."""

LISTING_SEPARATOR: Final = "\n"
"""Listings end without a newline: clients trim one, but Alibaba's SDK for Python would not."""

NO_SYSTEM_EVENTS: Final = b"[]"
"""What is shown when no system event is active: "empty" is documented, its shape is not."""
