"""Shell scripts with curl, as they are part of images, on the instance that `exec` makes."""

import json
import shutil
import sys

import pytest
import requests

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="namespaces are Linux's"),
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed"),
]

ROLE = "ram/security-credentials"
WALK = r"""
root=http://100.100.100.200/latest
token=$(curl -sSf -X PUT -H 'X-aliyun-ecs-metadata-token-ttl-seconds: 60' "$root/api/token") || exit 1
read_item() { curl -sSf -H "X-aliyun-ecs-metadata-token: $token" "$root/meta-data/$1"; }
walk() {
    read_item "$1" | while read -r entry || [ -n "$entry" ]; do
        case $entry in
            */) walk "$1$entry" ;;
            *) printf '%s\0%s\0' "$1$entry" "$(read_item "$1$entry")" ;;
        esac
    done
}
walk ''
"""
BOOT = r"""
set -eu
metadata() { curl -sSf --retry 2 "http://100.100.100.200/latest/meta-data/$1"; }
role=$(metadata ram/security-credentials/)
metadata "ram/security-credentials/$role" > "$HOME/credential.json"
field() { sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p" "$HOME/credential.json"; }
printf '%s %s %s\n' "$(metadata instance-id)" "$(field Code)" "$(field AccessKeyId)"
region=$(metadata region-id)
curl -sS -o /dev/null -w '%{http_code}\n' "https://sts.$region.aliyuncs.com/"
"""


@pytest.fixture
def tree(alicred_emulator):
    """Every item of the metadata of such an instance, but for the role's credential: path to value."""
    with requests.Session() as session:
        session.trust_env = False
        root = f"{alicred_emulator.imds.url}/latest/meta-data/"
        return {path: session.get(root + path).text for path in alicred_emulator.instance.metadata}


def test_curl_walks_the_metadata_tree(inside, tree):
    """From listing to listing it finds every item that there is, no other, and each has its value."""
    printed = inside("sh", "-c", WALK).split("\0")
    found = dict(zip(printed[::2], printed[1::2], strict=False))
    credential = json.loads(found.pop(f"{ROLE}/demo-role"))
    assert credential["Code"] == "Success"
    assert found == tree


def test_a_script_that_an_image_runs_at_boot(inside):
    """It reads the role in normal mode, and trusts STS of its region by what the system trusts."""
    facts, status = inside("sh", "-c", BOOT).splitlines()
    instance, code, key = facts.split()
    assert (instance, code) == ("i-fake0000000000000001", "Success")
    assert key.startswith("STS.")
    assert status == "400"
