/** Longest piece that is spoken in one go, in characters: the memory that an engine needs grows with it. */
const LONGEST_PIECE = 300;

/**
 * A text in pieces that can be spoken one after the other: at the ends of sentences, and, if a sentence is too long,
 * between words. Pieces without a letter or a digit have nothing to say and are left out.
 */
export function sentencesOf(text: string): string[] {
  const plain = text.replaceAll(/[\s\p{Cc}]+/gu, " ").trim();
  const sentences = plain.split(/(?<=[.!?…।])\s+/u);
  return sentences.flatMap((sentence) => shortened(sentence)).filter((piece) => /[\p{L}\p{N}]/u.test(piece));
}

function shortened(sentence: string): string[] {
  const pieces: string[] = [];
  let rest = sentence;
  while (rest.length > LONGEST_PIECE) {
    const comma = rest.lastIndexOf(", ", LONGEST_PIECE) + 1;
    const space = rest.lastIndexOf(" ", LONGEST_PIECE);
    const end = comma > 0 ? comma : space > 0 ? space : LONGEST_PIECE;
    pieces.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return [...pieces, rest];
}
