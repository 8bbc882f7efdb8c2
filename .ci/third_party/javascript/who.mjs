// Asks AWS who one is with the JavaScript SDK, and prints the ARN.
//
//     node who.mjs chain|ini|process|http
//
// `chain` is what a program gets that names no provider; the others are single providers, so that
// it is certain which one has answered.

import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { fromHttp, fromIni, fromNodeProviderChain, fromProcess } from "@aws-sdk/credential-providers";

const providers = {
  chain: fromNodeProviderChain,
  ini: fromIni,
  process: fromProcess,
  http: fromHttp,
};

const credentials = providers[process.argv[2]]();
const client = new STSClient({ credentials });
const identity = await client.send(new GetCallerIdentityCommand({}));
console.log(identity.Arn);
