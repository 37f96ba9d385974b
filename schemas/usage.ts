import { type Static, Type } from '@sinclair/typebox';
import { Nullable, Timestamp } from './common.ts';

const count = (description: string) => Type.Integer({ description });

const counts = {
  accepted: count('Requests that the key was accepted for'),
  limited: count('Refused with 429: over the limit'),
  permission: count('Refused with 403: the key lacks the permission'),
  expired: count('Refused with 401: the key had expired'),
  inactive: count('Refused with 403: the key, or what it belongs to, was inactive'),
};

export const UsageCounts = Type.Object(counts);
export type UsageCounts = Static<typeof UsageCounts>;

const Granularity = Type.Union([Type.Literal('hour'), Type.Literal('day')], {
  default: 'hour',
  description: 'Size of each bucket, aligned to UTC.',
});

export const KeyUsageQuery = Type.Object(
  {
    from: Type.Optional({
      ...Timestamp,
      description: 'Include usage at or after this time; a day before `to` by default.',
    }),
    to: Type.Optional({ ...Timestamp, description: 'Include usage before this time; now by default.' }),
    granularity: Granularity,
  },
  { additionalProperties: false },
);
export type KeyUsageQuery = Static<typeof KeyUsageQuery>;

const UsagePeriod = Type.Object({
  start: { ...Timestamp, description: 'Start of the hour or day.' },
  ...counts,
});
export type UsagePeriod = Static<typeof UsagePeriod>;

const KeyAddress = Type.Object({
  address: Type.String(),
  first_seen_at: Timestamp,
  last_seen_at: Timestamp,
});
export type KeyAddress = Static<typeof KeyAddress>;

const exampleCounts = { accepted: 1207, limited: 3, permission: 0, expired: 0, inactive: 0 };

export const KeyUsageReport = Type.Object(
  {
    key_id: Type.String(),
    last_used_at: Nullable({
      ...Timestamp,
      description: 'Time of the last accepted request; `null` if never used.',
    }),
    addresses: Type.Object({
      total: count('How many addresses it was used from: at most 100 are remembered, for 90 days'),
      recent: Type.Array(KeyAddress, { description: 'Addresses of the last uses, at most 20.' }),
    }),
    from: { ...Timestamp, description: 'Start of the first hour or day.' },
    to: Timestamp,
    granularity: Granularity,
    totals: UsageCounts,
    series: Type.Array(UsagePeriod, {
      description: 'In order of time, without hours or days that had no requests.',
    }),
  },
  {
    examples: [
      {
        key_id: 'key_01a20557a16e731f8ab301630217ef18',
        last_used_at: '2026-11-20T12:03:07.000Z',
        addresses: {
          total: 1,
          recent: [
            {
              address: '203.0.113.7',
              first_seen_at: '2026-11-19T08:00:00.000Z',
              last_seen_at: '2026-11-20T12:03:07.000Z',
            },
          ],
        },
        from: '2026-11-19T12:00:00.000Z',
        to: '2026-11-20T12:03:10.000Z',
        granularity: 'hour',
        totals: exampleCounts,
        series: [{ start: '2026-11-20T12:00:00.000Z', ...exampleCounts }],
      },
    ],
  },
);
export type KeyUsageReport = Static<typeof KeyUsageReport>;

const days = (description: string) => Type.Integer({ minimum: 1, maximum: 3650, default: 30, description });

export const UsageSummaryQuery = Type.Object(
  {
    used_hours: Type.Integer({
      minimum: 1,
      maximum: 168,
      default: 24,
      description: 'Number of hours, the current one included, that the totals and the most used keys cover.',
    }),
    unused_days: days('How long a key must have been unused'),
    expiring_days: days('How soon a key must expire'),
    limit: Type.Integer({
      minimum: 1,
      maximum: 100,
      default: 10,
      description: 'Number of keys in each list.',
    }),
  },
  { additionalProperties: false },
);
export type UsageSummaryQuery = Static<typeof UsageSummaryQuery>;

const keyFields = {
  id: Type.String(),
  name: Type.String(),
  display_id: Nullable(Type.String()),
  user_id: Type.String(),
  created_at: Timestamp,
  expires_at: Nullable(Timestamp),
  last_used_at: Nullable(Timestamp),
};
const SummarizedKey = Type.Object(keyFields);
export type SummarizedKey = Static<typeof SummarizedKey>;

const UsedKey = Type.Object({ ...keyFields, accepted: counts.accepted });
export type UsedKey = Static<typeof UsedKey>;

const KeyList = (description: string) =>
  Type.Object(
    { total: Type.Integer({ description: 'Number of keys.' }), items: Type.Array(SummarizedKey) },
    { description },
  );

export const UsageSummary = Type.Object({
  used_since: { ...Timestamp, description: 'Start of the first hour.' },
  totals: { ...UsageCounts, description: 'Totals of all keys, including those deleted since.' },
  most_used: Type.Array(UsedKey, { description: 'Ordered by accepted requests.' }),
  unused: KeyList('Active keys that were made before and not used since, the longest unused first'),
  expiring: KeyList('Active keys that expire so soon and were not rotated, the soonest first'),
});
export type UsageSummary = Static<typeof UsageSummary>;
