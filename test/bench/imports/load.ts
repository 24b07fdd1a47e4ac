// Loads what it is told, as a plugin's main module does, and prints how long that took. Usage: node load.js SPECIFIER…
const start = performance.now();
for (const specifier of process.argv.slice(2)) await import(specifier);
process.stdout.write(String(performance.now() - start));
