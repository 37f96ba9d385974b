import { connect, type Socket } from 'node:net';

export interface Answer {
  status: number;
  /** The header lines, as received. */
  headers: string;
  body: string;
}

/** Longer than anything the service takes: an answer that never comes is a defect of its own. */
const timeoutMs = 30_000;

/** The request as it goes over the wire. */
export function requestText(
  method: string,
  path: string,
  credential: string,
  body?: object,
  header = 'X-API-Key',
): string {
  const head = `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${header}: ${credential}\r\n`;
  if (body === undefined) return `${head}\r\n`;
  const json = JSON.stringify(body);
  return `${head}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}`;
}

/**
 * Requests to one server over kept-alive connections, one request at a time on each. Far cheaper than
 * `node:http`, so that on a small machine the service is measured and not its client.
 */
export class HttpClient {
  readonly #port: number;
  readonly #maxConnections: number;
  readonly #connections = new Set<Connection>();
  readonly #idle: Connection[] = [];

  constructor(port: number, maxConnections: number) {
    this.#port = port;
    this.#maxConnections = maxConnections;
  }

  /** Returns whether the next request finds a connection, or may open one. */
  get isFree(): boolean {
    return this.#idle.length > 0 || this.#connections.size < this.#maxConnections;
  }

  /** Rejects when the connection breaks, whatever became of the request. */
  async request(text: string): Promise<Answer> {
    const connection = this.#takeIdle() ?? this.#open();
    const answer = await connection.request(text);
    this.#idle.push(connection);
    return answer;
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  #takeIdle(): Connection | undefined {
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined || this.#connections.has(connection)) return connection;
    }
  }

  #open(): Connection {
    const connection = new Connection(this.#port, () => this.#connections.delete(connection));
    this.#connections.add(connection);
    return connection;
  }
}

interface Pending {
  resolve: (answer: Answer) => void;
  reject: (error: Error) => void;
}

class Connection {
  readonly #socket: Socket;
  #received = '';
  #pending: Pending | null = null;

  constructor(port: number, onClose: () => void) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    // One character for each byte, as Content-Length counts.
    this.#socket.setEncoding('latin1');
    this.#socket.setTimeout(timeoutMs, () => this.#socket.destroy(new Error('No answer in time')));
    this.#socket.on('data', (chunk: string) => this.#receive(chunk));
    this.#socket.on('error', (error) => this.#pending?.reject(error));
    this.#socket.on('close', () => {
      onClose();
      this.#pending?.reject(new Error('The connection was closed'));
    });
  }

  request(text: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#socket.write(text);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: string): void {
    this.#received += chunk;
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const headers = this.#received.slice(0, headEnd);
    const bodyLength = Number(/\r\ncontent-length: (\d+)/i.exec(headers)?.[1] ?? 0);
    const end = headEnd + 4 + bodyLength;
    if (this.#received.length < end) return;
    const answer = {
      status: Number(headers.slice(9, 12)),
      headers,
      body: this.#received.slice(headEnd + 4, end),
    };
    this.#received = this.#received.slice(end);
    const pending = this.#pending;
    this.#pending = null;
    pending?.resolve(answer);
  }
}
