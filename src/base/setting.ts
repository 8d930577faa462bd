/**
 * An environment variable, or undefined if it is empty: files for containers and services often set every variable they
 * name, and an empty secret would be one that everybody knows.
 */
export function setting(env: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  const text = env[name];
  return text === "" ? undefined : text;
}
