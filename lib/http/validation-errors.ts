interface SchemaError {
  keyword: string;
  instancePath: string;
  schemaPath: string;
}

/**
 * For `anyOf` errors, keeps only the errors of the branch whose type matches the value: a wrong field of an object is
 * not explained by the object not being an array.
 * @param errors of Ajv, all of them
 */
export function withoutOtherAlternatives<E extends SchemaError>(errors: readonly E[]): E[] {
  const unions = errors.filter(({ keyword }) => keyword === 'anyOf');
  return unions.reduce((left, union) => withoutOthersOf(union, left), [...errors]);
}

function withoutOthersOf<E extends SchemaError>(union: E, errors: E[]): E[] {
  const isOfUnion = (error: E) =>
    error.schemaPath.startsWith(`${union.schemaPath}/`) && error.instancePath.startsWith(union.instancePath);
  const alternativeOf = ({ schemaPath }: E) => schemaPath.slice(union.schemaPath.length + 1).split('/', 1)[0];
  const isOfOtherType = (error: E) =>
    error.instancePath === union.instancePath &&
    error.schemaPath === `${union.schemaPath}/${alternativeOf(error)}/type`;
  const others = new Set(
    errors.filter((error) => isOfUnion(error) && isOfOtherType(error)).map(alternativeOf),
  );
  const isOfOther = (error: E) => isOfUnion(error) && others.has(alternativeOf(error));
  const isMeant = errors.some((error) => isOfUnion(error) && !isOfOther(error));
  return isMeant ? errors.filter((error) => error !== union && !isOfOther(error)) : errors;
}
