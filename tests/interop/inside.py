"""Runs inside `exec`: lets a client read one credential after the other, and prints what came of each.

The arguments are the client's command and the configurations, both as JSON. The client answers each line, a
configuration, with a line. In a configuration, ``@NAME`` is what the variable ``ALIBABA_CLOUD_NAME`` says to
whoever it is meant for: a user, a pod, or a program behind a credentials URI.
"""

import json
import os
import subprocess
import sys
import urllib.request

CONTROL = os.environ["ALICRED_EMULATOR_CONTROL"]
PREFIX = "ALIBABA_CLOUD_"
DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def told(path):
    """Ask the control API."""
    with DIRECTLY.open(CONTROL + path, timeout=10) as answer:
        return json.load(answer)


def known_values():
    """Return what a configuration may name."""
    everybody = told("/identities")
    return {
        f"@{name.removeprefix(PREFIX)}": value
        for variables in everybody.values()
        for name, value in variables.items()
    }


def read(client, configuration, before):
    """Have a credential read; return what the client said, who it is, and what was asked for it."""
    client.stdin.write(json.dumps(configuration) + "\n")
    client.stdin.flush()
    said = json.loads(client.stdout.readline())
    entries = told("/journal")["entries"][before:]
    asked = [f"{entry['service']}.{entry['operation']}" for entry in entries]
    key = said.get("accessKeyId")
    principal = told(f"/ledger/{key}")["principal"] if key else None
    return {
        "said": sorted(name for name in said if said[name]),
        "error": said.get("error"),
        "asked": asked,
        "principal": principal,
    }


def filled(configuration, values):
    """Return a configuration with values in the place of their names."""
    if not isinstance(configuration, dict):
        return configuration
    return {name: values.get(value, value) for name, value in configuration.items()}


def main():
    """Print what came of each configuration."""
    command, configurations = map(json.loads, sys.argv[1:])
    values = known_values()
    results = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
        for configuration in configurations:
            before = sum(len(result["asked"]) for result in results)
            results.append(read(client, filled(configuration, values), before))
        client.stdin.close()
    print(json.dumps(results))  # noqa: T201 - it is what the program is for


if __name__ == "__main__":
    main()
