// Reads credentials as an application would, and prints each as a line of JSON. Its argument is a configuration as
// JSON; without one each line that comes in is one, `null` for the default chain. A configuration that came before
// has its client again. A failure is printed as {"error": ...}.
const readline = require('readline');
const { default: Credential, Config } = require('@alicloud/credentials');

const clients = new Map();

function client(line) {
  if (!clients.has(line)) {
    const configuration = JSON.parse(line);
    clients.set(line, new Credential(configuration && new Config(configuration)));
  }
  return clients.get(line);
}

async function read(line) {
  try {
    const { accessKeyId, accessKeySecret, securityToken } = await client(line).getCredential();
    return { accessKeyId, accessKeySecret, securityToken };
  } catch (error) {
    return { error: error.message };
  }
}

async function main() {
  const lines = process.argv[2] ? [process.argv[2]] : readline.createInterface({ input: process.stdin });
  for await (const line of lines) console.log(JSON.stringify(await read(line)));
}

main();
