// A service that needs a credential once a minute: its input begins with a configuration as a line of JSON, and it
// prints the credential of each minute as another. A failure is printed as {"error": ...}.
const readline = require('readline');
const { default: Credential, Config } = require('@alicloud/credentials');

async function read(client) {
  try {
    const { accessKeyId, accessKeySecret, securityToken } = await client.getCredential();
    return { accessKeyId, accessKeySecret, securityToken };
  } catch (error) {
    return { error: error.message };
  }
}

async function everyMinute(client) {
  console.log(JSON.stringify(await read(client)));
  setTimeout(everyMinute, 60 * 1000, client);
}

function serve(line) {
  everyMinute(new Credential(new Config(JSON.parse(line))));
}

const input = readline.createInterface({ input: process.stdin });
input.once('line', serve);
input.on('close', () => process.exit());
