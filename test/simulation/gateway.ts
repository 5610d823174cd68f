import * as z from 'zod';
import type { Principal } from '#core/identity/principal.ts';
import type { World } from './world.ts';

/** A frame as a receiver parses it. */
export const Frame = z.looseObject({
  type: z.string(),
  id: z.string(),
  payload: z.record(z.string(), z.unknown()),
  correlationId: z.string().optional(),
});
export type Frame = z.infer<typeof Frame>;

/** The far end of a socket. */
export interface Peer {
  /**
   * As a TCP connection does: what arrives, arrives in order, and behind what is lost nothing arrives any more. Others have
   * it worse than in life.
   */
  readonly keepsOrder?: boolean;
  onFrame(frame: Frame): void;
  onClose(): void;
}

interface Socket {
  readonly principal: Principal;
  readonly peer: Peer;
  isOpen: boolean;
  /** Of one that keeps order: when the last frame arrives, and whether the line is broken though neither end knows. */
  lastAt: number;
  isBroken: boolean;
}

/** The WebSocket gateway: hands frames over, or says that a connection is gone. What it took may still be lost. */
export class Gateway {
  private readonly world: World;
  private readonly sockets = new Map<string, Socket>();
  private readonly onDisconnect: (connectionId: string) => void;
  private connections = 0;

  constructor(world: World, onDisconnect: (connectionId: string) => void) {
    this.world = world;
    this.onDisconnect = onDisconnect;
  }

  open(principal: Principal, peer: Peer): string {
    this.connections += 1;
    const connectionId = `${principal.tenant}-socket-${this.connections}`;
    this.sockets.set(connectionId, { principal, peer, isOpen: true, lastAt: 0, isBroken: false });
    return connectionId;
  }

  isOpen(connectionId: string): boolean {
    return this.sockets.get(connectionId)?.isOpen === true;
  }

  principalOf(connectionId: string): Principal | undefined {
    return this.sockets.get(connectionId)?.principal;
  }

  /** Ends a socket. `$disconnect` usually follows, at times late, twice or never. */
  close(connectionId: string, notice: 'told' | 'untold' = 'told'): void {
    const socket = this.sockets.get(connectionId);
    if (socket === undefined || !socket.isOpen) return;
    socket.isOpen = false;
    this.world.trace(() => `gateway closes ${connectionId} ${notice}`);
    this.world.scheduler.after(this.world.chance.between(1, 200), () => socket.peer.onClose());
    if (notice === 'told') this.tellDisconnect(connectionId);
  }

  post(connectionId: string, text: string): 'delivered' | 'gone' {
    const socket = this.sockets.get(connectionId);
    if (socket === undefined || !socket.isOpen) return 'gone';
    const frame = Frame.parse(JSON.parse(text));
    this.world.trace(() => `→ ${connectionId} ${frame.type} ${JSON.stringify(frame.payload).slice(0, 120)}`);
    if (socket.isBroken) return 'delivered';
    if (this.world.chance.happens(this.world.weather.lost)) {
      this.world.faults.note('frame handed over and lost');
      if (socket.peer.keepsOrder === true) this.breakLine(connectionId, socket);
      return 'delivered';
    }
    const arrive = (): void => {
      if (socket.isOpen) socket.peer.onFrame(frame);
    };
    this.world.scheduler.after(this.transitMs(socket), arrive);
    if (this.world.chance.happens(this.world.weather.duplicate)) {
      this.world.faults.note('duplicate frame to an agent');
      this.world.scheduler.after(this.world.chance.between(1, 3000), arrive);
    }
    return 'delivered';
  }

  private transitMs(socket: Socket): number {
    const { now, chance } = this.world;
    const arrivesAt = now + chance.between(1, 40);
    socket.lastAt = socket.peer.keepsOrder === true ? Math.max(arrivesAt, socket.lastAt) : arrivesAt;
    return socket.lastAt - now;
  }

  private breakLine(connectionId: string, socket: Socket): void {
    const { scheduler, chance } = this.world;
    socket.isBroken = true;
    scheduler.after(chance.between(1000, 30_000), () => this.close(connectionId));
  }

  private tellDisconnect(connectionId: string): void {
    const { chance, faults, scheduler, weather } = this.world;
    if (chance.happens(weather.lost)) return faults.note('$disconnect never told');
    const isLate = chance.happens(weather.stall * 10);
    if (isLate) faults.note('$disconnect told late');
    scheduler.after(isLate ? chance.between(2000, 60_000) : chance.between(1, 100), () =>
      this.onDisconnect(connectionId),
    );
    if (!chance.happens(weather.duplicate)) return;
    faults.note('$disconnect told twice');
    scheduler.after(chance.between(1, 20_000), () => this.onDisconnect(connectionId));
  }
}
