// Compiles the sources to dist/, with the SQL files that they read beside them, and the types of what the package
// exports. With another project than tsconfig.build.json as its argument, what that one includes.
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

const own = 'tsconfig.build.json';
const project = process.argv[2] ?? own;
rmSync('dist', { recursive: true, force: true });
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project], { stdio: 'inherit' });
cpSync('migrations', 'dist/migrations', { recursive: true });
if (project === own) writeTypes(['exports/fastify.ts', 'exports/client.ts'], new Set());

/** Writes the declarations of the files, and of those that these name. */
function writeTypes(files, written) {
  for (const file of files) {
    if (written.has(file)) continue;
    written.add(file);
    const { outputText, diagnostics } = ts.transpileDeclaration(readFileSync(file, 'utf8'), {
      fileName: file,
      compilerOptions: { isolatedDeclarations: true, strict: true, target: ts.ScriptTarget.ES2023 },
      reportDiagnostics: true,
    });
    for (const { messageText } of diagnostics ?? [])
      throw new Error(`${file}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
    writeFileSync(path.join('dist', file.replace(/\.ts$/, '.d.ts')), outputText);
    const named = [...outputText.matchAll(/ from '(\.[^']*)'/g)].map(([, name]) => name);
    const places = named.map((name) => path.join(path.dirname(file), name));
    writeTypes(places, written);
  }
}
