// The SDK for Node.js as a subject of the stories: answers each line `get` with the credential as a line of JSON.
const readline = require('readline');
const { default: Credential, Config } = require('@alicloud/credentials');

const CONFIGURED = JSON.parse(process.env.ALICRED_CONFORMANCE_CLIENT);
const TYPES = ['access_key', 'sts', 'bearer', 'ram_role_arn', 'oidc_role_arn', 'credentials_uri'];

// Parameters have the same names, in the spelling of the language; an endpoint is a host.
function parameters(configured) {
  const named = {};
  for (const [name, value] of Object.entries(configured)) {
    named[name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase())] = value;
  }
  if (named.credentialsUri) named.credentialsURI = named.credentialsUri;
  named.stsEndpoint = process.env.ALIBABA_CLOUD_STS_ENDPOINT.replace(/^https?:\/\//, '');
  return named;
}

function unsupported({ type, source, role_arn: roleArn }) {
  if (type === 'ecs_ram_role') return 'the SDK for Node.js asks the real metadata address alone';
  if (!TYPES.includes(type)) return `no client of the type ${type} is built here`;
  return source && roleArn ? 'the SDK for Node.js takes no source' : undefined;
}

let client;

async function answer() {
  const reason = unsupported(CONFIGURED);
  if (reason) return { unsupported: reason };
  try {
    client = client || new Credential(new Config(parameters(CONFIGURED)));
    const { accessKeyId, accessKeySecret, securityToken, bearerToken } = await client.getCredential();
    return {
      access_key_id: accessKeyId,
      access_key_secret: accessKeySecret,
      security_token: securityToken,
      bearer_token: bearerToken,
    };
  } catch (error) {
    return { error: { message: error.message } };
  }
}

readline
  .createInterface({ input: process.stdin })
  .on('line', async () => console.log(JSON.stringify(await answer())))
  .on('close', () => process.exit());
