import { Fragment } from "react";

/** A description of the API as people read it here: an empty field stands for `null`, code is marked. */
export function Described({ text }: { readonly text: string }) {
  const words = text.replaceAll("`null`", "empty").replaceAll(/ ?\((?:[A-Z]+-\d+(?:, )?)+\)/g, "");
  return words.split("`").map((part, index) => {
    const key = `${index}-${part}`;
    return index % 2 === 1 ? <code key={key}>{part}</code> : <Fragment key={key}>{part}</Fragment>;
  });
}
