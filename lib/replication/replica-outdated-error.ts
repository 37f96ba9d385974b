/**
 * The feed needs more than this replica understands: another release wrote an event that decides and that this one
 * can't decode. The replica gives up its lease for good, because it can't know what it would decide wrongly.
 */
export class ReplicaOutdatedError extends Error {
  override readonly name = 'ReplicaOutdatedError';
}
