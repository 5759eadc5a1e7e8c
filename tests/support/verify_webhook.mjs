// Verifies deliveries with the official libraries. Standard input: one JSON object a line,
// {"library": "standardwebhooks" | "svix", "secret", "headers", "body"}. Prints for each line "ok" or why not.
import { createInterface } from 'node:readline';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';

const libraries = { standardwebhooks: StandardWebhook, svix: SvixWebhook };

for await (const line of createInterface({ input: process.stdin })) {
  const { library, secret, headers, body } = JSON.parse(line);
  try {
    new libraries[library](secret).verify(body, headers);
    console.log('ok');
  } catch (error) {
    console.log(error.message);
  }
}
