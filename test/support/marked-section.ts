/** `text` with `content` between its marks `<!-- name -->` and `<!-- /name -->`; `undefined` when it has none. */
export function withMarkedSection(text: string, name: string, content: string): string | undefined {
  const [opening, closing] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const begin = text.indexOf(opening);
  const end = text.indexOf(closing);
  if (begin < 0 || end < begin) return undefined;
  return text.slice(0, begin + opening.length) + content + text.slice(end);
}
