"""What the page says whatever came of the stories."""

from typing import Final

INTRODUCTION: Final = """\
# Who lives through what

{stories} lifecycle stories, told to {subjects} by `alicred-emulator conformance`; `make conformance` writes
this page anew. Each story is of a file of [fixtures/scenarios](../fixtures/scenarios), most of which tell
several cases: it says how the client is configured, moves the clock, breaks services, reads the credential,
and states what each reader must see and what may be asked of the fakes. [scenarios.md](scenarios.md)
describes the files.

What a story expects is documented by Alibaba Cloud, or was measured, or is **a promise of alicred's**: a
client that does otherwise breaks no rule then, and the second table counts those stories apart. One thing
is looked at in every story: a credential that is handed out is one, whole, and has not ended.

**The SDK** is the installed one, unmodified, in a process of its own for each story, with the parameters of
the story and otherwise its own defaults. Its connections are led to the fakes, which it trusts; the
process's wall clock is the story's. Its errors have no kinds, so each that it means to raise passes for the
kind that a story asks for; a `TypeError` out of a broken document does not. A reader that is not back after
ten seconds is *stuck*. Requests with an RSA key pair it signs as if the key were a secret, which STS
refuses, so that it fails in each of those stories. Its ECS provider also asks in the background; what it
asks there is counted in the step in which it arrives, so those numbers may differ from run to run. Told
with Python {python}, {zone}.

![Each story and each subject as a square]({picture})
"""

OWN_CLIENT: Final = """\
## A client of your own

`alicred-emulator conformance --subject-command "node client.js"` tells the stories to any program, so to
the SDK of any language. The program is started for each story, and has in its environment

- `ALICRED_CONFORMANCE_CLIENT`: how the client is to be configured, a JSON object. `type` and the other keys
  are the parameters of alicred's `Config`, which are those of the SDKs in their Python spelling; `timeout`
  and `connect_timeout` are milliseconds, the type `default` means the default chain;
- the variables of the story's identity, with `ALIBABA_CLOUD_IMDS_ENDPOINT` and
  `ALIBABA_CLOUD_STS_ENDPOINT`, which are URLs of the fakes, and an empty home directory, or one with the
  story's files;
- `SSL_CERT_FILE`, `REQUESTS_CA_BUNDLE`, `CURL_CA_BUNDLE` and `NODE_EXTRA_CA_CERTS`, a file whose
  authorities it must trust.

It answers each line `get` of its standard input with one line of JSON on its standard output:

```json
{"access_key_id": "...", "access_key_secret": "...", "security_token": "..."}
{"bearer_token": "..."}
{"error": {"kind": "unreachable", "message": "..."}}
{"unsupported": "there is no such type"}
```

A `kind` is `configuration`, `refused`, `unreachable` or `not found`; one that is left out, or `any`, passes
for each. What is `unsupported` leaves the story out. Standard error is the program's own. Its wall clock is
the story's where libfaketime is installed, for programs that are linked dynamically; elsewhere stories that
move the clock are left out, as are those of several readers, of forks, cancellations and `invalidate`.
"""
