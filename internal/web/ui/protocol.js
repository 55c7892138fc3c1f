/**
 * What the page and the machine say to each other: the types of package internal/web/live
 * (protocol.go) and of a moment (internal/tui/walk/moment.go), as far as the page uses them.
 *
 * @typedef {{property: string, text: string, step: number, row?: string}} Violation
 * @typedef {{id: number, at: string, ring: number, phase: number, outer?: number, state: string, able: boolean, text: string, thread?: number}} CPU
 * @typedef {{id: number, name: string, able: boolean, unit?: boolean, holds?: string[]}} Actor
 * @typedef {{name: string, value: string, old?: string, means?: string, changed?: boolean}} Reg
 * @typedef {{name: string, set: boolean, changed?: boolean}} Flag
 * @typedef {{addr: number, label?: string, at: string, bytes: string, text: string, here?: boolean, probe?: string, patched?: boolean,
 *   original?: string, orig_text?: string, copy?: string, source?: string, file_line?: string, micro?: string, cpus?: number[]}} CodeLine
 * @typedef {{addr: string, value: string, field?: string, trap?: string, signal?: boolean, means?: string, top?: boolean, changed?: boolean}} Word
 * @typedef {{title?: string, addr: string, bytes: string, changed: boolean[]}} MemoryRow
 * @typedef {{vector: number, name: string, addr: string, raw: string, type: string, dpl: number, to: string, used?: boolean}} Gate
 * @typedef {{name: string, at: string, state: string, hits: number, missed: number, phase: number, changed?: boolean}} Probe
 * @typedef {{name: string, owner: string, waiting?: string[], changed?: boolean}} Lock
 * @typedef {{line: number, text: string, here?: boolean, cpus?: number[]}} SourceLine
 * @typedef {{at: string, file?: string, func?: string, lines?: SourceLine[]}} Source
 * @typedef {{tid: number, cpu: number, at: string, state: string, phase: number, probe?: string, copy?: string, returns?: number}} Thread
 * @typedef {{range: string, prot: string, name: string, here?: boolean}} Mapping
 * @typedef {{pid: number, name: string, zombie?: boolean, threads?: Thread[], maps?: Mapping[]}} Process
 * @typedef {{vector: number, name: string, to: string, used?: boolean}} Vector
 * @typedef {{id: number, name: string, cpu: number, phase: number, outer?: number, awaits?: number}} InHit
 * @typedef {{addr: string, at: string, size: number, old: string, new: string, by: string, name?: string, code?: string, push?: boolean}} Store
 * @typedef {{vector: number, name: string, kind: string, error_code?: string, gate?: {type: string, dpl: number, to: string}, from: number, to: number, stack_switched: boolean}} Delivery
 * @typedef {{cpu: number, kind: string, at: string, writes?: Store[], delivery?: Delivery, micro?: {name: string}, notes?: {kind: string, text: string}[]}} Step
 * @typedef {{at: number, end: number, over?: string, branch?: number, engine: string, world: string, arch: string, bits: number, cpu: number, turn: number, step?: Step, head: string,
 *   why?: {row?: string, text: string}[], notes?: string[], cpus: CPU[], raisable?: Actor[], regs: Reg[], flags: Flag[], code: CodeLine[], source?: Source,
 *   stack: Word[], chain?: {at: string, trap?: string, maybe?: boolean, return?: boolean}[], memory: MemoryRow[], gates: Gate[], probes: Probe[], locks: Lock[], awaited?: {probe: string, most: number, to?: string[]}[], in_hits: InHit[], processes?: Process[], output?: string, vectors?: Vector[], log?: string[], trace?: string[], fired?: number,
 *   violated?: Violation[]}} Moment
 *
 * @typedef {{Phase: number, Name: string, Does: string, Side: boolean}} State
 * @typedef {{from: number, to: number}} Edge
 * @typedef {{kind: number, glyph: string, name: string, class: string}} Glyph
 * @typedef {{at: number, cpu: number, kind: number}} Mark
 * @typedef {{lesson?: string, scenario: string, title: string, text: string, engine: string, engines: string[], probes?: string[], states: State[] | null,
 *   edges: Edge[] | null, glyphs: Glyph[], cpus: number, actors: string[], events?: boolean, source?: boolean, search?: boolean}} Scene
 * @typedef {{forward?: boolean, backward?: boolean, choose?: boolean, hold?: boolean, return?: boolean, run?: boolean, kinds?: string[]}} Can
 * @typedef {{moment: Moment, message?: string, rows?: string[], marks?: Mark[], unmarked?: number, branches: number, held?: number[], breaks?: string[], can: Can, able: boolean[],
 *   beside?: Moment, beside_of?: Scene}} View
 * @typedef {{title: string, text: string, form?: string, run?: boolean, hint?: string, verdict?: string, over?: boolean, right: number, count: number}} Question
 * @typedef {{id: string, title: string, text: string, source: string, today?: string}} Row
 * @typedef {{schedules?: number, states?: number, steps?: number, done?: number, at?: number, of?: number}} Progress
 * @typedef {{verdict: string, exhausted?: boolean, found?: boolean, violated?: Violation[], schedule?: string}} SearchDone
 * @typedef {{at: number, cpu: number, text: string}} Change
 * @typedef {{schedule?: string, changes?: Change[], at: number}} Link
 * @typedef {{name: string, title: string, part: string, scenario: string, minutes: number}} LessonEntry
 * @typedef {{version: string, lessons: LessonEntry[], scenarios: {name: string, group: string, title: string}[]}} Catalog
 *
 * @typedef {{do: string, lesson?: string, scenario?: string, file?: string, files?: Record<string, string>, engine?: string, probes?: string[], schedule?: string, changes?: Change[],
 *   at?: number, back?: boolean, actor?: number, cpu?: number, kind?: string, text?: string, strategy?: string, preemptions?: number, seconds?: number}} Request
 * @typedef {{id: number, error?: string, catalog?: Catalog, scene?: Scene, view?: View, question?: Question, answered?: string, rows?: Row[], progress?: Progress,
 *   search?: SearchDone, link?: Link, shown?: string, hash?: string}} Answer
 *
 * @typedef {{live: boolean, ask(q: Request, progress?: (p: Progress) => void): Promise<Answer>, stop(): void}} Machine
 */
export {};
