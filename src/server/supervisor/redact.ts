/** Phone numbers, digits and addresses of people are logged only under these keys, and production hides them. */
export const REDACTED = { paths: ["pii", "*.pii"], censor: "[redacted]" };
