package kprobes

import (
	"trapline/internal/emu"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// common is what the engines with one global lock share: the lock, the hash
// table, the status, the breakpoint byte. Its values lie in guest memory.
type common struct {
	described
	g      *Manager
	l      structKprobe
	percpu bool // the control variables are each CPU's own (kprobe_ctlblk)
	hlist  bool // buckets are heads of one word, whose lists end in NULL

	// Addresses of kernel data, looked up once: every hit needs them.
	table uint64              // kprobe_table
	ctl   uint64              // kprobe_ctlblk, where variables are per CPU
	cells [ctlPrevious]uint64 // else each variable's

	slots        uint64 // address of probe 0's copy, in the engines that have copies
	skipPrefixes bool   // opcodes are looked for behind prefixes, as later kernels do
}

// ctlVar is one of the variables that describe the hit under way.
type ctlVar uint64

// The control variables, in the order of a CPU's kprobe_ctlblk.
const (
	ctlCurrent ctlVar = iota
	ctlStatus
	ctlOldFlags
	ctlSavedFlags
	ctlPrevious // four: the outer hit's, while one inside it is stepped
)

var globalCtl = [...]string{"current_kprobe", "kprobe_status", "kprobe_old_eflags", "kprobe_saved_eflags"}

func (e *common) cell(x *traps.Exec, v ctlVar) uint64 {
	if !e.percpu {
		return e.cells[v]
	}
	word := uint64(x.M.Arch.Word())
	return e.ctl + uint64(x.C.ID)*ctlWords*word + uint64(v)*word
}

const ctlWords = 16 // of kprobe_ctlblk, per CPU

func (e *common) get(x *traps.Exec, v ctlVar) uint64 { return e.peek(x, e.cell(x, v)) }

func (e *common) set(x *traps.Exec, v ctlVar, val uint64) { e.write(x, e.cell(x, v), val) }

const (
	nrCPUs     = 32 // NR_CPUS: kprobe_cpu when nobody holds a probe
	breakpoint = x86.Int3

	// kprobe_status
	hitActive = 1 // KPROBE_HIT_ACTIVE: pre_handler runs
	hitSS     = 2 // KPROBE_HIT_SS: the instruction is being stepped

	hashBits = 6 // KPROBE_HASH_BITS
)

// attach empties the hash table once the kernel is up.
func (e *common) attach(g *Manager) error {
	e.g = g
	e.table = g.K.Symbol("kprobe_table")
	if e.percpu {
		e.ctl = g.K.Symbol("kprobe_ctlblk")
	} else {
		for v, name := range globalCtl {
			e.cells[v] = g.K.Symbol(name)
		}
	}
	if e.hlist {
		return nil // zeros are empty heads
	}
	word := uint64(g.K.M.Arch.Word())
	for i := range uint64(1 << hashBits) {
		head := e.table + i*2*word
		g.poke(head, head, int(word))
		g.poke(head+word, head, int(word))
	}
	return nil
}

func (e *common) layout() structKprobe { return e.l }

// HandlerPointer reads a handler's pointer for direct mode.
func (e *common) HandlerPointer(x *traps.Exec, n int) uint64 {
	return e.field(x, [...]uint64{e.l.pre, e.l.post, e.l.fault}[n])
}

// define: the shared layout needs nothing else.
func (e *common) define(int) {}

func (e *common) current(x *traps.Exec) uint64 { return e.get(x, ctlCurrent) }

// action defers to the manager, which exists once the kernel is up.
func (e *common) action(kind HandlerKind) traps.Op {
	return func(x *traps.Exec) traps.Result { return e.g.runAction(kind, x) }
}

// sharedOps are the micro-steps that mean the same in every engine.
func (e *common) sharedOps() map[string]traps.Op {
	return map[string]traps.Op{
		"get_kprobe":            e.getKprobe,
		"breakpoint_gone":       e.breakpointGone,
		"hit_active":            e.hitActive,
		"save_flags":            e.saveFlags,
		"prepare_singlestep":    e.prepareSinglestep,
		"restore_opcode":        e.restoreOpcode,
		"hit_ss":                e.store(ctlStatus, hitSS),
		"write_breakpoint":      e.writeBreakpoint,
		"restore_saved_flags":   e.orFlags(ctlSavedFlags),
		"restore_old_flags":     e.orFlags(ctlOldFlags),
		"load_current_kprobe":   e.load(ctlCurrent, x86.RBX),
		"load_kprobe_status":    e.load(ctlStatus, x86.RAX),
		"pre_handler_action":    e.action(Pre),
		"post_handler_action":   e.action(Post),
		"fault_handler_action":  e.action(Fault),
		"return_handler_action": e.returnAction,
	}
}

// Kinds of notes the engines make.
const (
	NoteHit       emu.NoteKind = "hit"
	NoteReentrant emu.NoteKind = "reentrant"
	NoteSwallowed emu.NoteKind = "swallowed"
	NoteUnlock    emu.NoteKind = "unlock-not-owner"
)

// probeField reads a field of the struct kprobe at hand.
func (e *common) field(x *traps.Exec, off uint64) uint64 { return e.peek(x, x.Probe+off) }

func (e *common) opcode(x *traps.Exec) byte {
	v, _ := x.M.PeekWord(x.C.Space, x.Probe+e.l.opcode, 1)
	return byte(v)
}

func (e *common) addr(x *traps.Exec) uint64 { return e.field(x, e.l.addr) }

// bucket is hash_ptr(addr, 6): a multiplicative hash, its top six bits (K3).
func bucket(a x86.Arch, addr uint64) uint64 {
	if a == x86.AMD64 {
		return addr * 0x9e37fffffffc0001 >> (64 - hashBits)
	}
	return uint64(uint32(addr) * 0x9e370001 >> (32 - hashBits))
}

func (e *common) head(x *traps.Exec, addr uint64) uint64 {
	at := bucket(x.M.Arch, addr) * uint64(x.M.Arch.Word())
	if !e.hlist {
		at *= 2
	}
	return e.table + at
}

// getKprobe walks the bucket's list in guest memory; the bound is for lists
// that a guest has broken.
func (e *common) getKprobe(x *traps.Exec) traps.Result {
	x.Return(e.lookup(x, x.Arg()))
	return traps.Next
}

func (e *common) lookup(x *traps.Exec, addr uint64) uint64 {
	word := x.M.Arch.Word()
	head := e.head(x, addr)
	at, ok := x.M.PeekWord(x.C.Space, head, word)
	for n := 0; ok && at != 0 && at != head && n <= MaxProbes; n++ {
		a, _ := x.M.PeekWord(x.C.Space, at+e.l.addr, word)
		if a == addr {
			return at
		}
		at, ok = x.M.PeekWord(x.C.Space, at, word)
	}
	return 0
}

// breakpointGone: no probe is known for the address. If the byte before eip
// is not CC any more, the trap is swallowed with eip where it is (K8).
func (e *common) breakpointGone(x *traps.Exec) traps.Result {
	at := x.M.Arch.Mask(x.Arg() - 1) // K25: no segment base
	v, ok := x.M.PeekWord(x.C.Space, at, 1)
	x.Return(emu.B2U(ok && v != breakpoint))
	return traps.Next
}

func (e *common) hitActive(x *traps.Exec) traps.Result {
	e.set(x, ctlStatus, hitActive)
	e.set(x, ctlCurrent, x.Probe)
	e.seenHit(x)
	return traps.Next
}

// caller is the function of kernel text that has called the one that a place is
// in. The text keeps frame pointers, but for functions of x86-64 that call nothing
// (internal/asm/compile.go); those that are asked for push nothing then.
func (e *common) caller(x *traps.Exec) string {
	const pushBP = 0x55
	at := x.C.Reg(x86.RSP)
	if f, _, _ := x.K.Symbols.At(x.Place.Addr); e.peek(x, f.Addr)&0xff == pushBP {
		at = x.C.Reg(x86.RBP) + uint64(x.M.Arch.Word())
	}
	f, _, _ := x.K.Symbols.At(e.peek(x, at))
	return f.Name
}

// hit counts the beginning of a hit of x.Probe.
func (e *common) hit(x *traps.Exec) {
	x.Micro.Work = emu.WorkHit
	if i := e.g.index(x.Probe); i >= 0 {
		e.g.begun(x.C.ID, i)
	}
	x.M.Note(emu.Note{Kind: NoteHit, ID: "K4", Text: "hit", Addr: e.addr(x)})
}

// isIFModifier is the patch's opcode test: cli, sti, iret, popf by their
// first byte only (K4, K23).
func isIFModifier(opcode byte) bool {
	switch opcode {
	case 0xfa, 0xfb, 0xcf, 0x9d:
		return true
	}
	return false
}

// firstOpcode is the byte that the opcode tests look at: the first one (K23),
// or the first behind prefixes.
func (e *common) firstOpcode(x *traps.Exec) byte {
	if !e.skipPrefixes {
		return e.opcode(x)
	}
	op, _ := e.copiedOpcode(x, e.copyAt(x))
	return op
}

// changesIF tells whether the probed instruction sets IF itself. 2005 knows iretq
// by its REX prefix.
func (e *common) changesIF(x *traps.Exec) bool {
	if e.hlist && !e.skipPrefixes && x.M.Arch == x86.AMD64 && e.opcode(x)&0xf0 == 0x40 {
		next, _ := x.M.PeekWord(x.C.Space, e.copyAt(x)+1, 1)
		return next == 0xcf
	}
	return isIFModifier(e.firstOpcode(x))
}

func (e *common) saveFlags(x *traps.Exec) traps.Result {
	old := x.Regs.Get(traps.FieldFlags) & (x86.TF | x86.IF)
	e.set(x, ctlOldFlags, old)
	if e.changesIF(x) {
		old &^= x86.IF
	}
	e.set(x, ctlSavedFlags, old)
	return traps.Next
}

func (e *common) prepareSinglestep(x *traps.Exec) traps.Result {
	f := x.Regs.Get(traps.FieldFlags)
	x.Regs.Set(traps.FieldFlags, f&^x86.IF|x86.TF)
	return traps.Next
}

func (e *common) restoreOpcode(x *traps.Exec) traps.Result {
	x.M.PokeWord(x.C.Space, e.addr(x), 1, uint64(e.opcode(x))) // K15: one byte
	return traps.Next
}

func (e *common) rewindIP(x *traps.Exec) traps.Result {
	x.Regs.Set(traps.FieldIP, e.addr(x))
	return traps.Next
}

func (e *common) writeBreakpoint(x *traps.Exec) traps.Result {
	x.M.PokeWord(x.C.Space, e.addr(x), 1, breakpoint)
	return traps.Next
}

// orFlags or-s kept flags in: a TF that the stepped popf has cleared comes back
// (K17).
func (e *common) orFlags(v ctlVar) traps.Op {
	return func(x *traps.Exec) traps.Result {
		x.Regs.Set(traps.FieldFlags, x.Regs.Get(traps.FieldFlags)|e.get(x, v))
		return traps.Next
	}
}

// store sets a control variable.
func (e *common) store(v ctlVar, to uint64) traps.Op {
	return func(x *traps.Exec) traps.Result {
		e.set(x, v, to)
		return traps.Next
	}
}

// load reads one into a register, as kernel text does by an instruction.
func (e *common) load(v ctlVar, r x86.Reg) traps.Op {
	return func(x *traps.Exec) traps.Result {
		x.C.SetReg(r, e.get(x, v))
		return traps.Next
	}
}
