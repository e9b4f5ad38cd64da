"""What is wrong with a scenario file, told so that it is found at once."""


class ScenarioError(ValueError):
    """A scenario file has a mistake; the message names the file, the line, the key and what is allowed."""
