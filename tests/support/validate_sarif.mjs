// Validates the SARIF log on standard input against the schema of SARIF 2.1.0, as Microsoft's SARIF tools ship it.
// Prints what is wrong and exits 1.
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';
import Ajv from 'ajv-draft-04';
import addFormats from 'ajv-formats';

const schema = createRequire(import.meta.url)('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json');
// One of its patterns is none of Unicode's.
const validate = addFormats(new Ajv({ allErrors: true, strict: false, unicodeRegExp: false })).compile(schema);
if (!validate(JSON.parse(await text(process.stdin)))) {
  console.log(JSON.stringify(validate.errors, null, 2));
  process.exit(1);
}
