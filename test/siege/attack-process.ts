/** Runs one attack in a process of its own, so that it can't slow the clients whose requests are timed. */
import { attacks, type Target } from './attacks.ts';

const [name = '', target = '{}'] = process.argv.slice(2);
const attack = attacks[name];
if (attack === undefined) throw new Error(`There is no attack ${name}`);
const parsed: Target = JSON.parse(target);
await attack(parsed);
process.exit(0);
