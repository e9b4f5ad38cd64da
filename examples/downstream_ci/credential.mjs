// The credential of the instance that this runs on, by its metadata in hardened mode.

const METADATA = "http://100.100.100.200/latest";

export async function credential() {
  const token = await read("api/token", {
    method: "PUT",
    headers: { "X-aliyun-ecs-metadata-token-ttl-seconds": "60" },
  });
  const options = { headers: { "X-aliyun-ecs-metadata-token": token } };
  const role = await read("meta-data/ram/security-credentials/", options);
  return JSON.parse(await read(`meta-data/ram/security-credentials/${role}`, options));
}

async function read(path, options) {
  const answer = await fetch(`${METADATA}/${path}`, options);
  if (!answer.ok) {
    throw new Error(`the instance answers ${path} with ${answer.status}`);
  }
  return answer.text();
}
