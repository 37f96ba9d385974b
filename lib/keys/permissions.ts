/** Whether a list of permissions covers the one required, by itself, by `resource:*` or by `*`. */
export function grants(permissions: readonly string[], required: string): boolean {
  if (permissions.includes(required) || permissions.includes('*')) return true;
  const colon = required.indexOf(':');
  return colon !== -1 && permissions.includes(`${required.slice(0, colon)}:*`);
}

/** Whether a list of permissions would cover anything that the one held doesn't. */
export const exceeds = (requested: readonly string[], held: readonly string[]): boolean =>
  requested.some((permission) => !grants(held, permission));
