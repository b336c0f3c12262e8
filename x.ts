import { runSuite } from "./bench/suite/suite.ts";
const quick = process.argv.includes("--quick");
await runSuite({ only: process.argv.slice(2).filter(a=>!a.startsWith("-")), quick, rounds: null, folder: ".fpaas/bench/results", print: (l)=>console.log(l), say: (l)=>console.error(l) });
