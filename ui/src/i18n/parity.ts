// Korean and English say the same things: every text in both, with the same parameters.

type Forms = { declarations: string[]; match: Record<string, string> }[];
export type Messages = Record<string, string | Forms>;

const texts = (message: string | Forms): string[] =>
  typeof message === "string" ? [message] : message.flatMap((form) => Object.values(form.match));

const parameters = (message: string | Forms): string =>
  [...new Set(texts(message).flatMap((text) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1])))].sort().join(", ");

/** What is wrong, a sentence each. */
export function parityProblems(en: Messages, ko: Messages): string[] {
  const problems: string[] = [];
  for (const key of new Set([...Object.keys(en), ...Object.keys(ko)])) {
    const [english, korean] = [en[key], ko[key]];
    if (english === undefined) problems.push(`${key} is missing in English`);
    else if (korean === undefined) problems.push(`${key} is missing in Korean`);
    else if (parameters(english) !== parameters(korean))
      problems.push(`${key} has {${parameters(english)}} in English and {${parameters(korean)}} in Korean`);
    for (const message of [english, korean])
      if (message !== undefined && texts(message).some((text) => text.trim() === "")) problems.push(`${key} is empty`);
  }
  return problems;
}
