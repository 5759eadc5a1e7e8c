// Validates the OpenAPI document on standard input. Prints what is wrong and exits 1, or prints its version.
import { text } from 'node:stream/consumers';
import { Validator } from '@seriousme/openapi-schema-validator';

const validator = new Validator();
const { valid, errors } = await validator.validate(JSON.parse(await text(process.stdin)));
if (!valid) {
  console.log(JSON.stringify(errors, null, 2));
  process.exit(1);
}
console.log(`OpenAPI ${validator.version}`);
