// The configuration of the embedded server: loopback only, JetStream on, no authentication, and the
// limits that many small tasks on few streams need.

import { parseVersion, type Version } from "./version.ts";

/** Largest message the server takes; a firehose event is 1 MB of record plus its envelope at most. */
export const MAX_PAYLOAD_BYTES = 8 * 1024 * 1024;
/** Open atomic batches; the server's own defaults are 50 for one stream and 1000 in all. */
const BATCHES_PER_STREAM_MAX = 1000;
const BATCHES_TOTAL_MAX = 10_000;
/** An unfinished batch keeps its place this long, should its sender die. */
const BATCH_TIMEOUT = "10s";
/** Since 2.15 a stream has 1000 consumers at most unless this says otherwise; -1 is no limit. */
const CONSUMERS_UNLIMITED = -1;
const FIRST_WITH_CONSUMER_LIMIT = 15;

/** One node of a cluster, for tests: all of it on loopback. */
export type ClusterConfig = {
  readonly name: string;
  /** TCP port for the other nodes. */
  readonly port: number;
  /** `host:port` that this node gives to the others for those that do not know it yet. */
  readonly advertise: string;
  /** `nats://host:port` of the other nodes. */
  readonly routes: readonly string[];
};

export type ServerConfig = {
  readonly serverName: string;
  /** TCP port on loopback; null lets the server choose a free one. */
  readonly port: number | null;
  readonly storeDir: string;
  /** Where the server writes the port it listens on. */
  readonly portsDir: string;
  /** Null: a server of its own. */
  readonly cluster: ClusterConfig | null;
  /** Whether every write is on the disk before it is acknowledged, not only within two minutes. */
  readonly syncAlways: boolean;
  /** Largest message, bytes. */
  readonly maxPayloadBytes: number;
  /** What JetStream may store, bytes; null: three quarters of the free disk. */
  readonly storeBytesMax: number | null;
  /** Version of the binary that will read this: unknown settings are an error to it. */
  readonly version: string;
};

/** The text of the configuration file. */
export function renderConfig(config: ServerConfig): string {
  return `# Written by fpaas at every start; edits are lost.
server_name: ${quote(config.serverName)}
host: "127.0.0.1"
port: ${config.port ?? -1}
ports_file_dir: ${quote(config.portsDir)}
max_payload: ${config.maxPayloadBytes}
jetstream {
  store_dir: ${quote(config.storeDir)}
${config.storeBytesMax === null ? "" : `  max_file_store: ${config.storeBytesMax}\n`}${config.syncAlways ? "  sync_interval: always\n" : ""}  limits {
    batch {
      max_inflight_per_stream: ${BATCHES_PER_STREAM_MAX}
      max_inflight_total: ${BATCHES_TOTAL_MAX}
      timeout: "${BATCH_TIMEOUT}"
    }
${consumerLimit(parseVersion(config.version))}  }
}
${config.cluster === null ? "" : clusterSection(config.cluster)}`;
}

/** Clients get no addresses of other nodes: in tests they have to come through proxies. */
function clusterSection({ name, port, advertise, routes }: ClusterConfig): string {
  return `cluster {
  name: ${quote(name)}
  listen: "127.0.0.1:${port}"
  cluster_advertise: ${quote(advertise)}
  no_advertise: true
  routes: [${routes.map(quote).join(", ")}]
}
`;
}

function consumerLimit(version: Version | null): string {
  if (version === null || version.minor < FIRST_WITH_CONSUMER_LIMIT) return "";
  return `    default_max_consumers: ${CONSUMERS_UNLIMITED}\n`;
}

/** The format's double-quoted string: backslash escapes as in JSON. */
function quote(text: string): string {
  return JSON.stringify(text);
}
