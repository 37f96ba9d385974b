/** A value that is known at once, unless something outside this process has to be asked. */
export type MaybePromise<T> = T | Promise<T>;
