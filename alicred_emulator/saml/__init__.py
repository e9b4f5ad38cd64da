"""The fake SAML identity provider, and reading what any such provider says of a user."""
