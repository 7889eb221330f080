import { ask, backend, Refusal, refusalOf } from '$lib/backend';
import type { Clinic, Hint, Link, OperationState, ReceiverState, Snapshot } from '$lib/wire';
import { shared } from '$lib/shared';
import { firstExpiry, needsAttention } from '$lib/standing';
import { clock } from './clock.svelte';

const RETRY_MS = 2000;
/** Charts follow activity no faster than this. */
const CHARTS_EVERY_MS = 4000;

/** Everything the agent tells at once, kept fresh by its hints. */
class Fleet {
  snapshot = $state.raw<Snapshot | null>(null);
  /** Why the agent itself does not answer. */
  broken = $state.raw<Refusal | null>(null);
  /** Grows when biographies or charts may have moved. */
  activity = $state(0);
  settingsRev = $state(0);
  #asking = false;
  #again = false;
  #activityDue: ReturnType<typeof setTimeout> | undefined;

  readonly links: readonly Link[] = $derived(this.snapshot?.links ?? []);
  readonly byId: ReadonlyMap<string, Link> = $derived(new Map(this.links.map((link) => [link.id, link])));
  readonly clinics: readonly Clinic[] = $derived(this.snapshot?.clinics ?? []);
  /** The newest operation of each link. */
  readonly operations: ReadonlyMap<string, OperationState> = $derived.by(() => {
    const newest = new Map<string, OperationState>();
    for (const operation of this.snapshot?.operations ?? []) {
      const known = operation.link_id ? newest.get(operation.link_id) : undefined;
      if (operation.link_id && (!known || known.at <= operation.at)) newest.set(operation.link_id, operation);
    }
    return newest;
  });
  readonly receivers: readonly ReceiverState[] = $derived(this.snapshot?.receivers ?? []);
  /** More than one is watched, so it matters which. */
  readonly several = $derived(this.receivers.length > 1);
  /** Whose link it is; empty where there is only one receiver. */
  readonly owners: ReadonlyMap<string, ReceiverState> = $derived(
    new Map(
      this.several ? this.receivers.flatMap((receiver) => receiver.link_ids.map((id) => [id, receiver] as const)) : [],
    ),
  );
  /** The one of several that the pages of a single receiver show. */
  readonly chosen = $derived(this.several ? this.receivers.find((receiver) => receiver.entry.current) : undefined);
  /** What those pages tell of: its calendars alone. */
  readonly chosenLinks: readonly Link[] = $derived(
    this.chosen ? this.links.filter((link) => this.owners.get(link.id) === this.chosen) : this.links,
  );
  /** When the first channel of its expires. */
  readonly chosenExpiry: string | null = $derived(
    this.chosen ? firstExpiry(this.chosenLinks, clock.minute) : (this.snapshot?.overview?.next_expiry_at ?? null),
  );
  /** Those of several that do not answer, while others do. */
  readonly silent: readonly ReceiverState[] = $derived(
    this.several ? this.receivers.filter((receiver) => receiver.connection.status !== 'connected') : [],
  );
  /** The chosen receiver's. */
  readonly status = $derived(this.snapshot?.connection.status ?? 'connecting');
  /** Nothing was ever watched from here. */
  readonly unpaired = $derived(!this.several && this.status === 'unpaired' && this.snapshot?.overview === null);
  /** What the pages of the chosen receiver show is its last known state. */
  readonly chosenStale = $derived(this.snapshot !== null && (this.status !== 'connected' || this.broken !== null));
  /** All that is shown is the last known state, not the present one. */
  readonly stale = $derived(
    this.several ? this.broken !== null || this.silent.length === this.receivers.length : this.chosenStale,
  );
  readonly firingAlerts = $derived((this.snapshot?.alerts ?? []).filter((alert) => alert.state === 'firing').length);
  /** Without a public address the receiver polls by design. */
  readonly pollingIsNormal = $derived(this.snapshot?.overview?.receiver.public_url === null);
  /** Calendars that are polled because Google has no push for them. */
  readonly polledByDesign = $derived(
    this.links.filter((link) => link.state === 'polling' && link.reason?.code === 'push_not_supported').length,
  );
  readonly attention = $derived(
    this.links.filter((link) => needsAttention(link, clock.minute, this.pollingIsNormal)).length,
  );
  readonly mayOperate = $derived(
    this.several
      ? this.receivers.some((receiver) => receiver.entry.role !== 'viewer')
      : this.snapshot?.connection.role !== 'viewer',
  );
  readonly mayAdminister = $derived((this.snapshot?.connection.role ?? 'admin') === 'admin');

  /** The calendars of one receiver. */
  linksOf(receiver: ReceiverState | undefined): readonly Link[] {
    return this.several ? this.links.filter((link) => this.owners.get(link.id) === receiver) : this.links;
  }

  /** What is shown of this link is its last known state. */
  staleOf(link: Link): boolean {
    return this.stale || this.silent.some((receiver) => receiver === this.owners.get(link.id));
  }

  /** This computer may act on the link. */
  mayOperateOn(link: Link): boolean {
    return this.several ? this.owners.get(link.id)?.entry.role !== 'viewer' : this.mayOperate;
  }

  start(): () => void {
    if (!this.snapshot) void this.refresh();
    const stop = backend.listen(
      (hint) => this.#take(hint),
      () => void this.refresh(),
    );
    const retry = setInterval(() => {
      if (this.broken) void this.refresh();
    }, RETRY_MS);
    return () => {
      stop();
      clearInterval(retry);
      clearTimeout(this.#activityDue);
    };
  }

  /** Asks once more; calls that come while one is under way fold into one further call. */
  async refresh(): Promise<void> {
    if (this.#asking) {
      this.#again = true;
      return;
    }
    this.#asking = true;
    try {
      const next = await ask({ call: 'snapshot' });
      const known = this.snapshot;
      if (!known || next.rev >= known.rev || this.broken) this.snapshot = shared(known, next);
      this.broken = null;
    } catch (thrown) {
      this.broken = refusalOf(thrown);
    } finally {
      this.#asking = false;
      if (this.#again) {
        this.#again = false;
        void this.refresh();
      }
    }
  }

  #take(hint: Hint): void {
    if (hint.entity === 'settings') this.settingsRev += 1;
    if (hint.entity === 'activity') {
      this.#activityDue ??= setTimeout(
        () => {
          this.#activityDue = undefined;
          this.activity += 1;
        },
        CHARTS_EVERY_MS / (document.hidden ? 1 : 4),
      );
      return;
    }
    void this.refresh();
  }
}

export const fleet = new Fleet();
