// drive.mjs FOLDER: simulations come in, one JSON object a line, and one line a simulation goes out:
// ["Allowed" | "ImplicitlyDenied" | "ExplicitlyDenied", [what blocked it]] or ["error", why].
// FOLDER is where scripts/install-simulator has put @cloud-copilot/iam-simulate.
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

const { runSimulation } = createRequire(`${process.argv[2]}/package.json`)('@cloud-copilot/iam-simulate')

async function answer(simulation) {
  try {
    const found = await runSimulation(simulation, {})
    if (found.resultType !== 'single') return ['error', found.errors ?? found.resultType]
    return [found.overallResult, found.result.analysis.blockedBy ?? []]
  } catch (fault) {
    return ['error', String(fault?.stack ?? fault)]
  }
}

let waiting = ''
for await (const line of createInterface({ input: process.stdin })) {
  waiting += JSON.stringify(await answer(JSON.parse(line))) + '\n'
  if (waiting.length > 60000) {
    process.stdout.write(waiting)
    waiting = ''
  }
}
process.stdout.write(waiting)
