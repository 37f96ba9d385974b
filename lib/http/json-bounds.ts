/** The levels of arrays and objects in a body. */
const maxDepth = 16;

/** The names of an object, and the elements of an array unless a route takes more. */
export const maxJsonParts = 1_000;

const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;

/**
 * Looks through a body before it is parsed, for a parser holds the event loop for seconds with a few megabytes of empty
 * objects. It stops at the first bound that is exceeded, and takes a body that isn't JSON as far as it looks like it.
 * @param maxElements of an array; at most 1,000 names of an object
 * @returns the sentence that names the bound; `null`: none is exceeded
 */
export function findExceededBound(json: string, maxElements: number): string | null {
  /** The commas of each array and object that is open. */
  const commas: number[] = [];
  const isObject: boolean[] = [];
  for (let i = 0; i < json.length; i += 1) {
    const code = json.charCodeAt(i);
    if (code === quote) i = endOfString(json, i);
    else if (code === comma) {
      const depth = commas.length - 1;
      if (depth < 0) continue;
      const count = (commas[depth] ?? 0) + 1;
      commas[depth] = count;
      const max = isObject[depth] ? maxJsonParts : maxElements;
      if (count < max) continue;
      return isObject[depth]
        ? `An object in the body has more than ${max} names`
        : `An array in the body has more than ${max} elements`;
    } else if (isOpening(code)) {
      if (commas.length === maxDepth) return `The body is nested deeper than ${maxDepth} levels`;
      commas.push(0);
      isObject.push(code === 0x7b);
    } else if (isClosing(code)) {
      commas.pop();
      isObject.pop();
    }
  }
  return null;
}

const isOpening = (code: number): boolean => code === 0x7b || code === 0x5b;
const isClosing = (code: number): boolean => code === 0x7d || code === 0x5d;

/** Returns where the string that begins at `start` ends; the end of the text, if it doesn't. */
function endOfString(json: string, start: number): number {
  const next = json.indexOf('"', start + 1);
  if (next === -1) return json.length;
  if (json.charCodeAt(next - 1) !== backslash) return next;
  for (let i = start + 1; i < json.length; i += 1) {
    const code = json.charCodeAt(i);
    if (code === quote) return i;
    if (code === backslash) i += 1;
  }
  return json.length;
}
