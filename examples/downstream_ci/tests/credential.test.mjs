// What a program does with the credential of its instance, as hours and faults come over it.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { credential } from "../credential.mjs";

async function control(path, document) {
  const answer = await fetch(`${process.env.ALICRED_EMULATOR_CONTROL}/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(document),
  });
  assert.ok(answer.ok, await answer.text());
}

beforeEach(() => control("reset", {}));

test("the instance shows a credential, and the same one again", async () => {
  const first = await credential();
  assert.equal(first.Code, "Success");
  assert.deepEqual(await credential(), first);
});

test("after six hours it is another one", async () => {
  const first = await credential();
  await control("clock", { shift: 6 * 3600 });
  assert.notEqual((await credential()).AccessKeyId, first.AccessKeyId);
});

test("an outage is told, and is over with the next test", async () => {
  await control("faults", { name: "imds_error" });
  await assert.rejects(credential(), /answers api\/token with 500/);
});
