import type {
  KeyUsageQuery,
  KeyUsageReport,
  UsageCounts,
  UsageSummary,
  UsageSummaryQuery,
} from '../../schemas/usage.ts';
import type { Scope } from '../auth/scope.ts';
import type { Queryable } from '../database/database.ts';
import { invalid, notFound } from '../http/api-error.ts';
import { findKey } from '../stores/key-store.ts';
import * as reports from '../stores/usage-report-store.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const addressesShown = 20;

/**
 * Reports the usage of a key, and whether it is still in use.
 * @throws ApiError `not_found`, or `validation_error` when the time ends before it begins
 */
export async function reportKeyUsage(
  db: Queryable,
  scope: Scope,
  id: string,
  { from, to, granularity }: KeyUsageQuery,
): Promise<KeyUsageReport> {
  const end = to === undefined ? new Date() : instantOf('/to', to);
  const begin = from === undefined ? new Date(end.getTime() - dayMs) : instantOf('/from', from);
  if (begin >= end) throw invalid('/from', 'must be before to');
  const key = await findKey(db, scope, id);
  if (key === null) throw notFound('Key');
  const period = { from: floorOf(begin, granularity === 'day' ? dayMs : hourMs), to: end, granularity };
  const [addresses, series] = await Promise.all([
    reports.readAddresses(db, scope, id, addressesShown),
    reports.readUsage(db, scope, id, period),
  ]);
  return {
    key_id: id,
    last_used_at: key.last_used_at,
    addresses,
    from: period.from.toISOString(),
    to: end.toISOString(),
    granularity,
    totals: totalsOf(series),
    series,
  };
}

/** Summarizes the usage of an environment's keys, and lists those that need attention. */
export async function summarizeUsage(
  db: Queryable,
  scope: Scope,
  { used_hours, unused_days, expiring_days, limit }: UsageSummaryQuery,
): Promise<UsageSummary> {
  const thisHour = floorOf(new Date(), hourMs).getTime();
  const hours = Array.from({ length: used_hours }, (_, n) => new Date(thisHour - n * hourMs));
  const used_since = new Date(thisHour - (used_hours - 1) * hourMs).toISOString();
  // One after the other: with many keys each takes seconds, in which others need connections as well.
  return {
    used_since,
    totals: await reports.readTotals(db, scope, hours),
    most_used: await reports.listMostUsed(db, scope, hours, limit),
    unused: await reports.listUnused(db, scope, unused_days, limit),
    expiring: await reports.listExpiring(db, scope, expiring_days, limit),
  };
}

/** @throws ApiError `validation_error` for a leap second, or a year beyond four digits in UTC */
function instantOf(path: string, text: string): Date {
  const instant = new Date(text);
  const year = instant.getUTCFullYear();
  if (!(year >= 1 && year <= 9999)) throw invalid(path, 'must be an instant of the years 1 to 9999');
  return instant;
}

const floorOf = (instant: Date, unitMs: number): Date =>
  new Date(Math.floor(instant.getTime() / unitMs) * unitMs);

function totalsOf(series: readonly UsageCounts[]): UsageCounts {
  const totals = { accepted: 0, limited: 0, permission: 0, expired: 0, inactive: 0 };
  for (const counts of series) {
    totals.accepted += counts.accepted;
    totals.limited += counts.limited;
    totals.permission += counts.permission;
    totals.expired += counts.expired;
    totals.inactive += counts.inactive;
  }
  return totals;
}
