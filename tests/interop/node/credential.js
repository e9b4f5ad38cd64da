// Reads a credential as an application would, and prints it as JSON. Its argument is the configuration as JSON;
// without one it is the default chain. A failure is printed as {"error": ...}.
const { default: Credential, Config } = require('@alicloud/credentials');

async function main() {
  const given = process.argv[2];
  const client = new Credential(given ? new Config(JSON.parse(given)) : null);
  const { accessKeyId, accessKeySecret, securityToken } = await client.getCredential();
  return { accessKeyId, accessKeySecret, securityToken };
}

main().then(
  (credential) => console.log(JSON.stringify(credential)),
  (error) => console.log(JSON.stringify({ error: error.message })),
);
