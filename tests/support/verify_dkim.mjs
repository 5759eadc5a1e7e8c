// Verifies the DKIM signatures of the message on standard input with mailauth, asking the name server
// ip:port of the first argument. Prints one JSON line: [{"domain": …, "result": "pass"}].
import { Resolver } from 'node:dns/promises';
import { buffer } from 'node:stream/consumers';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';

const resolver = new Resolver({ timeout: 2000, tries: 2 });
resolver.setServers([process.argv[2]]);

const { results } = await dkimVerify(await buffer(process.stdin), {
  resolver: (name, type) => resolver.resolve(name, type),
});
console.log(
  JSON.stringify(
    results.map(({ signingDomain, selector, status, signingHeaders }) => ({
      domain: signingDomain,
      selector,
      result: status.result,
      comment: status.comment,
      headers: signingHeaders?.keys,
    })),
  ),
);
