/** People whose numbers are shown with their names. */
export type People = readonly { readonly name: string; readonly number?: string | null | undefined }[];

/** Puts people's names before their numbers: `priya (+919900000022)`. */
export function withNames(text: string, people: People): string {
  return people.reduce(
    (named, { name, number }) => (number == null ? named : named.replaceAll(number, `${name} (${number})`)),
    text,
  );
}
