/** The value of a lower-case hex digit, -1 for anything else. */
export function hexDigit(charCode: number): number {
  if (charCode >= 48 && charCode <= 57) return charCode - 48;
  return charCode >= 97 && charCode <= 102 ? charCode - 87 : -1;
}
