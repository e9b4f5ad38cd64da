"""What the two sign-in services have in common: tokens, and a decision table of what is refused."""
