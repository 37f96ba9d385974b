/** A secret of the configuration. Of several, the first seals or signs, and all of them open or verify. */
export interface NamedKey {
  id: string;
  /** 32 bytes. */
  key: Buffer;
}
