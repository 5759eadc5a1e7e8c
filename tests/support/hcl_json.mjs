// Terraform's language (HCL 2) on standard input, as HashiCorp's parser understands it: JSON on standard output.
import fs from "node:fs";
import hcl from "hcl2-parser";

const [found, fault] = hcl.parseToObject(fs.readFileSync(0, "utf8"));
if (!found) {
  console.error(fault);
  process.exit(1);
}
console.log(JSON.stringify(found));
