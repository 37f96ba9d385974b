import { unavailable } from '../http/api-error.ts';
import { open, seal } from './encryption.ts';
import type { NamedKey } from './named-key.ts';

/** A text as it may be stored. */
export interface Sealed {
  masterKeyId: string;
  bytes: Buffer;
}

/**
 * Seals what must be stored and read again. The first master key seals, and all of them open, so that
 * one can be replaced by another. What is sealed opens only where it belongs: in the same context.
 */
export class Sealer {
  readonly #keys: readonly NamedKey[];

  constructor(keys: readonly NamedKey[]) {
    this.#keys = keys;
  }

  /** The key that seals; `null`: there is none. */
  get currentKeyId(): string | null {
    return this.#keys[0]?.id ?? null;
  }

  /**
   * @param context what the text belongs to, such as its tenant and its row
   * @throws ApiError `service_unavailable` when the configuration has no key
   */
  seal(text: string, context: readonly string[]): Sealed {
    const [current] = this.#keys;
    if (current === undefined)
      throw unavailable('Secrets can be stored once MASTER_KEYS is set', new Error('MASTER_KEYS is not set'));
    return { masterKeyId: current.id, bytes: seal(current.key, additionalData(context), text) };
  }

  /** @returns `null` when its key isn't there any more, or it was changed, or belongs elsewhere */
  open({ masterKeyId, bytes }: Sealed, context: readonly string[]): string | null {
    const found = this.#keys.find(({ id }) => id === masterKeyId);
    if (found === undefined) return null;
    try {
      return open(found.key, additionalData(context), bytes);
    } catch {
      // The one way of Node to say that the tag is wrong.
      return null;
    }
  }
}

/** As JSON, because different lists of texts have different JSON. */
const additionalData = (context: readonly string[]): Buffer => Buffer.from(JSON.stringify(context));
