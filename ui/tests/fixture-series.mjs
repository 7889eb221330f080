// The invented columns behind the charts.
const DAY = 86_400_000;
const iso = (ms) => new Date(ms).toISOString();

/** Random numbers that are the same in every run. */
export function dice(seed) {
  let s = seed >>> 0 || 1;
  return () => {
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    return (s >>> 0) / 2 ** 32;
  };
}

export function lag({ from, to, buckets, link, spread }) {
  const random = dice(link ? 21 : 11);
  const [a, b] = [Date.parse(from) / 1000, Date.parse(to) / 1000];
  const bucket_s = (b - a) / buckets;
  const start_s = Array.from({ length: buckets }, (_, i) => a + i * bucket_s);
  const gap = (i) => link && i > buckets * 0.15 && i < buckets * 0.18;
  const wave = (i) => 1300 + 260 * Math.sin((i / buckets) * 9) + 160 * (random() - 0.5);
  const p50_ms = start_s.map((_, i) => (gap(i) ? null : wave(i)));
  const p95_ms = p50_ms.map((v, i) =>
    v === null ? null : Math.abs(i - buckets * 0.66) < buckets * 0.018 ? 5600 : v * 1.7 + 900 * random() + 350,
  );
  const edges_ms = Array.from({ length: 30 }, (_, k) => 10 ** ((k + 6) / 6));
  const heat = (v, i) =>
    v === null
      ? []
      : Array.from({ length: 31 }, (_, k) =>
          Math.round(90 * Math.exp(-((k - 6 * Math.log10(v) + 5.5) ** 2) / (i % 7 === 0 ? 7 : 2.4)) * random()),
        );
  // Renewals come in clusters: what was connected together renews together.
  const together = (i) => (i % 24 === 5 ? 14 : i % 24 === 6 ? 5 : i % 11 === 3 ? 1 : 0);
  const update = {
    id: '00000000-0000-4000-8000-0000000000e1',
    seq: 1,
    link_id: null,
    clinic_id: null,
    at: iso((a + (b - a) * 0.42) * 1000),
    kind: 'receiver_updated',
    tone: 'quiet',
    text: 'Receiver updated from 0.3.0 to 0.3.1',
    detail: null,
    operation_id: null,
  };
  return {
    renewals: start_s.map((_, i) => (link ? Number(i === Math.floor(buckets / 2)) : together(i))),
    updates: [update],
    whole: {
      samples: 3412,
      p50_ms: 1310,
      p95_ms: 3080,
      p99_ms: 4100,
      delivery_p50_ms: 1040,
      pickup_p50_ms: 12,
      apply_p50_ms: 236,
    },
    spread: spread ? { edges_ms, counts: p50_ms.map(heat) } : null,
    start_s,
    bucket_s,
    p50_ms,
    p95_ms,
    p99_ms: p95_ms.map((v) => (v === null ? null : v * 1.2)),
    samples: start_s.map(() => 20 + Math.floor(random() * 60)),
    delivery_p50_ms: p50_ms.map((v) => v && v * 0.8),
    pickup_p50_ms: p50_ms.map((v) => v && 12),
    apply_p50_ms: p50_ms.map((v) => v && v * 0.18),
    target_ms: 5000,
  };
}

export function delivery({ from, to, buckets, link }) {
  const random = dice(link ? 5 : 3);
  const [a, b] = [Date.parse(from) / 1000, Date.parse(to) / 1000];
  const bucket_s = (b - a) / buckets;
  const changes = Array.from({ length: buckets }, () => 1 + Math.floor(random() * 30));
  const missed_changes = changes.map((_, i) => (i === Math.floor(buckets * 0.77) ? 2 : 0));
  return {
    start_s: changes.map((_, i) => a + i * bucket_s),
    bucket_s,
    notifications: changes.map((n) => Math.round(n * 1.05)),
    changes,
    missed_changes,
    rate: { rate: 0.9994, lower_bound: 0.998, changes: 3412, missed_changes: 2 },
  };
}

export function coverage({ link }, ids) {
  const now = Date.now();
  const span = (watching, generation, from, until, cause = null) => ({
    link_id: link ?? ids[generation === null ? 0 : generation % ids.length],
    watching,
    generation,
    from_at: iso(now - from * DAY),
    until_at: until === null ? null : iso(now - until * DAY),
    cause,
  });
  return {
    spans: [
      span('push', 12, 17, 9.8),
      span('overlap', 13, 9.8, 9.1),
      span('push', 13, 9.1, 4.48),
      span('polling', null, 4.48, 4.43, 'watch_failing'),
      span('push', 14, 4.43, null),
    ],
    coverage: {
      rate: 1,
      link_days: 14,
      gap_seconds: 0,
      gaps: 0,
      push_seconds: 13.25 * 86_400,
      overlap_seconds: 0.7 * 86_400,
      polling_seconds: 0.05 * 86_400,
    },
  };
}

export function drills(link) {
  const asked = Date.now() - 12 * DAY;
  return [
    {
      seq: 1,
      id: '00000000-0000-4000-8000-0000000000d1',
      link_id: link,
      state: 'passed',
      generation: 12,
      successor: 13,
      asked_at: iso(asked),
      stopped_after_ms: 210,
      polling_after_ms: 340,
      first_run_after_ms: 910,
      proved_after_ms: 1640,
      unwatched_ms: 340,
      ended_at: iso(asked + 1640),
      failure: null,
    },
  ];
}
