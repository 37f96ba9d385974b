/** Checks what `deploy/` assumes of the service and of its own files. */
import { access, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseEnv } from 'node:util';
import t from 'tap';
import { parse, parseAllDocuments } from 'yaml';
import { parseConfig } from '../lib/config/config.ts';
import { repository } from './fixtures/service-process.ts';
import { startService } from './helper.ts';

const textOf = (file: string): Promise<string> => readFile(path.join(repository, file), 'utf8');

interface ComposeService {
  image: string;
  command?: string[];
  environment?: Record<string, string>;
  volumes?: string[];
  read_only?: boolean;
}
const { services }: { services: Record<string, ComposeService> } = parse(await textOf('deploy/compose.yml'), {
  merge: true,
});

interface Selector {
  matchLabels?: Record<string, string>;
}
interface Probe {
  httpGet: { path: string; port: string };
}
interface Container {
  command?: string[];
  ports?: { name: string; containerPort: number }[];
  securityContext: object;
  [probe: `${string}Probe`]: Probe;
}
interface KubernetesObject {
  kind: string;
  metadata: { name: string };
  spec: {
    selector?: Selector;
    podSelector?: Selector;
    template: { spec: { initContainers: Container[]; containers: Container[] } };
  };
}
const kubernetes = 'deploy/kubernetes';
const { resources }: { resources: string[] } = parse(await textOf(`${kubernetes}/kustomization.yaml`));
const objects: KubernetesObject[] = [];
for (const file of resources)
  for (const document of parseAllDocuments(await textOf(`${kubernetes}/${file}`), { merge: true }))
    objects.push(document.toJS());
const deployment = objects.find(({ kind }) => kind === 'Deployment');
const pod = deployment?.spec.template.spec ?? { initContainers: [], containers: [] };
const containers = [...pod.initContainers, ...pod.containers];

const dockerfile = await textOf('deploy/Dockerfile');
const imageEnvironment = parseEnv((/^ENV (.*)$/m.exec(dockerfile)?.[1] ?? '').replaceAll(' ', '\n'));

/** Settings of the service, by the file that describes them all. */
const settings = [...(await textOf('.env.example')).matchAll(/^#? ?([A-Z_]+)=/gm)].map(([, name]) => name);

t.test('every setting is one of the service', async (t) => {
  const ofServices = Object.entries(services).filter(([, { image }]) => image.startsWith('latchkey:'));
  t.ok(ofServices.length >= 2);
  const files = (await readdir(path.join(repository, kubernetes))).filter((name) => name.endsWith('.env'));
  t.ok(files.length >= 3);
  const places: [string, string[]][] = [
    ['Dockerfile', Object.keys(imageEnvironment)],
    ...ofServices.map(([name, { environment }]): [string, string[]] => [
      name,
      Object.keys(environment ?? {}),
    ]),
  ];
  for (const file of files) {
    if (file.endsWith('secret.env')) continue; // Somebody's own.
    places.push([file, Object.keys(parseEnv(await textOf(`${kubernetes}/${file}`)))]);
  }
  for (const [place, names] of places) {
    t.not(names.length, 0, place);
    for (const name of names) t.ok(settings.includes(name), `${name} in ${place}`);
  }
});

t.test('nginx is a trusted proxy, beside those that the operator names', async (t) => {
  const address = '172.30.93.2';
  t.match(services['nginx'], { networks: { front: { ipv4_address: address } } });
  const setting = services['latchkey']?.environment?.['TRUSTED_PROXIES'] ?? '';
  for (const [own, trusted] of [
    ['', [address]],
    ['172.30.93.3', [address, '172.30.93.3']],
  ] as const) {
    const TRUSTED_PROXIES = setting.replace(/\$\{TRUSTED_PROXIES:-\}/, own);
    t.same(parseConfig({ TRUSTED_PROXIES }).trustedProxies, trusted);
  }
});

t.test('every program that is run is compiled', async (t) => {
  const commands = [
    ...Object.values(services).map(({ command }) => command),
    ...containers.map(({ command }) => command),
  ].flatMap((command) => command ?? []);
  const programs = [...`${dockerfile} ${commands.join(' ')}`.matchAll(/dist\/([a-z-]+)\.js/g)];
  t.same(new Set(programs.map(([, name]) => name)), new Set(['server', 'migrate', 'canary']));
  for (const [, name = ''] of programs) await t.resolves(access(path.join(repository, `${name}.ts`)), name);
});

t.test('every path that is asked for health is there', async (t) => {
  const { call } = await startService(t);
  const probes = containers.flatMap((container) =>
    Object.entries(container).flatMap(([name, value]) => (name.endsWith('Probe') ? value.httpGet.path : [])),
  );
  const [, ofImage] = /HEALTHCHECK .*\n.*\}(\/[a-z/]+)`/.exec(dockerfile) ?? [];
  t.equal(probes.length, 3);
  for (const url of [...probes, ofImage ?? ''])
    t.equal((await call({ url, key: null })).statusCode, 200, url);
});

t.test('ports agree', async (t) => {
  const metricsPort = services['latchkey']?.environment?.['METRICS_PORT'];
  const ports = Object.fromEntries(
    pod.containers.flatMap(({ ports = [] }) => ports).map(({ name, containerPort }) => [name, containerPort]),
  );
  t.same(ports, { http: Number(imageEnvironment['PORT']), metrics: Number(metricsPort) });
  t.match(await textOf(`${kubernetes}/settings.env`), `METRICS_PORT=${metricsPort}\n`);
  t.match(await textOf('deploy/load-balancer/nginx.conf'), `server latchkey:${imageEnvironment['PORT']} `);
  t.match(
    await textOf('deploy/monitoring/prometheus.yml'),
    `names: [latchkey], type: A, port: ${metricsPort} `,
  );
});

t.test('every file that is mounted is there', async (t) => {
  const mounted = Object.values(services)
    .flatMap(({ volumes = [] }) => volumes)
    .filter((volume) => volume.startsWith('./'))
    .map((volume) => volume.split(':', 1)[0] ?? '');
  t.not(mounted.length, 0);
  for (const file of mounted) await t.resolves(access(path.join(repository, 'deploy', file)), file);
});

t.test('the service runs with nothing that it does not need', async (t) => {
  t.match(dockerfile, /^USER 1000:1000$/m);
  for (const name of ['latchkey', 'migrate', 'nginx', 'redis'])
    t.match(services[name], { read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
  t.match(pod, { automountServiceAccountToken: false, securityContext: { runAsNonRoot: true } });
  t.equal(containers.length, 2);
  for (const { securityContext } of containers)
    t.same(securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
});

t.test('what Kustomize adds no selector to has one of its own', async (t) => {
  const labels = { matchLabels: { 'app.kubernetes.io/name': 'latchkey' } };
  const specOf = (kind: string) => objects.find((object) => object.kind === kind)?.spec;
  t.same(specOf('PodDisruptionBudget')?.selector, labels, 'without it protects no pod');
  t.same(specOf('NetworkPolicy')?.podSelector, labels);
});
