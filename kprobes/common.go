package kprobes

import (
	"fmt"

	"trapline/emu"
	"trapline/traps"
)

// common is what the engines with one global lock share: the lock, the hash
// table, the status, the breakpoint byte. Its values lie in guest memory.
type common struct {
	g *Manager
	l structKprobe
}

const (
	nrCPUs     = 32 // NR_CPUS: kprobe_cpu when nobody holds a probe
	breakpoint = 0xcc

	// kprobe_status
	hitActive = 1 // KPROBE_HIT_ACTIVE: pre_handler runs
	hitSS     = 2 // KPROBE_HIT_SS: the instruction is being stepped

	hashBits = 6 // KPROBE_HASH_BITS
)

// attach empties the hash table once the kernel is up.
func (e *common) attach(g *Manager) error {
	e.g = g
	word := uint64(g.K.M.Arch.Word())
	for i := range uint64(1 << hashBits) {
		head := g.K.Symbol("kprobe_table") + i*2*word
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

// action defers to the manager, which exists once the kernel is up.
func (e *common) action(kind HandlerKind) traps.Op {
	return func(x *traps.Exec) traps.Result { return e.g.action(kind)(x) }
}

// sharedOps are the micro-steps that mean the same in 2002 and 2005.
func (e *common) sharedOps() map[string]traps.Op {
	return map[string]traps.Op{
		"preempt_disable":           preemptDisable,
		"preempt_enable_no_resched": preemptEnableNoResched,
		"spin_lock":                 e.spinLock,
		"spin_unlock":               e.spinUnlock,
		"set_kprobe_cpu":            e.setKprobeCPU,
		"clear_kprobe_cpu":          e.clearKprobeCPU,
		"get_kprobe":                e.getKprobe,
		"reentrant_hit":             e.reentrantHit,
		"breakpoint_gone":           e.breakpointGone,
		"hit_active":                e.hitActive,
		"save_flags":                e.saveFlags,
		"prepare_singlestep":        e.prepareSinglestep,
		"restore_opcode":            e.restoreOpcode,
		"rewind_eip":                e.rewindIP,
		"hit_ss":                    e.hitSS,
		"write_breakpoint":          e.writeBreakpoint,
		"restore_saved_flags":       e.restoreSavedFlags,
		"restore_old_flags":         e.restoreOldFlags,
		"kprobe_running":            e.kprobeRunning,
		"load_current_kprobe":       e.loadCurrent,
		"load_kprobe_status":        e.loadStatus,
		"list_add":                  e.listAdd,
		"list_del":                  e.listDel,
		"save_opcode":               e.saveOpcode,
		"flush_icache":              flushICache,
		"pre_handler_action":        e.action(Pre),
		"post_handler_action":       e.action(Post),
		"fault_handler_action":      e.action(Fault),
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
func (e *common) field(x *traps.Exec, off uint64) uint64 {
	v, _ := x.M.PeekWord(x.C.Space, x.Probe+off, x.M.Arch.Word())
	return v
}

func (e *common) opcode(x *traps.Exec) byte {
	v, _ := x.M.PeekWord(x.C.Space, x.Probe+e.l.opcode, 1)
	return byte(v)
}

func (e *common) addr(x *traps.Exec) uint64 { return e.field(x, e.l.addr) }

// stats are the counts of the struct kprobe at hand; one that the guest made
// itself has a throw-away set.
func (e *common) stats(x *traps.Exec) (*Stats, int) {
	if i := e.g.index(x.Probe); i >= 0 {
		return &e.g.stats[i], i
	}
	return new(Stats), -1
}

func preemptDisable(x *traps.Exec) traps.Result {
	x.K.AddPreemptCount(x.C, 1)
	x.Sayf("K0", func() string {
		return fmt.Sprintf("preempt_count goes up to %d: nobody may schedule while the probe lock is held", x.K.PreemptCount(x.C))
	})
	return traps.Next
}

func preemptEnableNoResched(x *traps.Exec) traps.Result {
	x.K.AddPreemptCount(x.C, -1)
	x.Sayf("K0", func() string {
		return fmt.Sprintf("preempt_count goes down to %d without looking for a reason to schedule: this is still a trap", x.K.PreemptCount(x.C))
	})
	return traps.Next
}

// spinLock takes kprobe_lock: 0 is free, else it holds the owner's number
// plus one (K6, K12).
func (e *common) spinLock(x *traps.Exec) traps.Result {
	owner := x.Word("kprobe_lock")
	if owner != 0 {
		x.Micro.Holds = "kprobe_lock"
		if int(owner) == x.C.ID+1 {
			x.Say("K12", "kprobe_lock is held by this very CPU: it spins for ever")
		} else {
			x.Sayf("K6", func() string {
				return fmt.Sprintf("kprobe_lock is held by cpu%d: this CPU spins with interrupts off", owner-1)
			})
		}
		return traps.Spin
	}
	x.SetWord("kprobe_lock", uint64(x.C.ID+1))
	x.Say("K6", "kprobe_lock is free and taken: no other CPU's hit gets past this point now")
	return traps.Next
}

func (e *common) spinUnlock(x *traps.Exec) traps.Result {
	owner := x.Word("kprobe_lock")
	x.SetWord("kprobe_lock", 0)
	if int(owner) != x.C.ID+1 {
		holder := "free"
		if owner != 0 {
			holder = fmt.Sprintf("held by cpu%d", owner-1)
		}
		x.M.Note(emu.Note{Kind: NoteUnlock, ID: "K19", Text: "kprobe_lock unlocked while " + holder})
		x.Sayf("K19", func() string { return fmt.Sprintf("kprobe_lock is unlocked, but it was %s", holder) })
		return traps.Next
	}
	x.Say("K6", "kprobe_lock is released")
	return traps.Next
}

func (e *common) setKprobeCPU(x *traps.Exec) traps.Result {
	x.SetWord("kprobe_cpu", uint64(x.C.ID))
	x.Sayf("K4", func() string {
		return fmt.Sprintf("kprobe_cpu = %d: from here kprobe_running() is true on this CPU", x.C.ID)
	})
	return traps.Next
}

func (e *common) clearKprobeCPU(x *traps.Exec) traps.Result {
	x.SetWord("kprobe_cpu", nrCPUs)
	e.g.step[x.C.ID].active = false
	x.Say("K5", "kprobe_cpu = NR_CPUS: no CPU runs a probe")
	return traps.Next
}

// bucket is hash_ptr(addr, 6): a multiplicative hash, its top six bits (K3).
func bucket(a emu.Arch, addr uint64) uint64 {
	if a == emu.AMD64 {
		return addr * 0x9e37fffffffc0001 >> (64 - hashBits)
	}
	return uint64(uint32(addr) * 0x9e370001 >> (32 - hashBits))
}

func (e *common) head(x *traps.Exec, addr uint64) uint64 {
	return x.K.Symbol("kprobe_table") + bucket(x.M.Arch, addr)*2*uint64(x.M.Arch.Word())
}

// getKprobe walks the bucket's list in guest memory; the bound is for lists
// that a guest has broken.
func (e *common) getKprobe(x *traps.Exec) traps.Result {
	addr := x.Arg()
	p := e.lookup(x, addr)
	x.Return(p)
	b := bucket(x.M.Arch, addr)
	if p == 0 {
		x.Sayf("K8", func() string { return fmt.Sprintf("no probe for %s in bucket %d of the hash table", x.K.Name(addr), b) })
	} else {
		x.Sayf("K4", func() string {
			return fmt.Sprintf("bucket %d of the hash table has the probe for %s", b, x.K.Name(addr))
		})
	}
	return traps.Next
}

func (e *common) lookup(x *traps.Exec, addr uint64) uint64 {
	word := x.M.Arch.Word()
	head := e.head(x, addr)
	at, ok := x.M.PeekWord(x.C.Space, head, word)
	for n := 0; ok && at != head && n <= MaxProbes; n++ {
		a, _ := x.M.PeekWord(x.C.Space, at+e.l.addr, word)
		if a == addr {
			return at
		}
		at, ok = x.M.PeekWord(x.C.Space, at, word)
	}
	return 0
}

// reentrantHit: a hit while this CPU runs a probe. The byte goes back and no
// handler is called; unless it is the current probe, nobody re-arms it (K7).
func (e *common) reentrantHit(x *traps.Exec) traps.Result {
	s, _ := e.stats(x)
	s.Reentrant++
	addr := e.addr(x)
	x.M.Note(emu.Note{Kind: NoteReentrant, ID: "K7", Text: "hit inside a hit", Addr: addr})
	if x.Word("current_kprobe") == x.Probe {
		x.Sayf("K20", func() string {
			return fmt.Sprintf("the probe at %s is hit inside its own hit: no handler, its byte goes back", x.K.Name(addr))
		})
		return traps.Next
	}
	s.Lost = true
	x.Sayf("K7", func() string {
		return fmt.Sprintf("a hit inside a hit: no handler for %s, its byte goes back and is never re-armed", x.K.Name(addr))
	})
	return traps.Next
}

// breakpointGone: no probe is known for the address. If the byte before eip
// is not CC any more, the trap is swallowed with eip where it is (K8).
func (e *common) breakpointGone(x *traps.Exec) traps.Result {
	at := x.M.Arch.Mask(x.Arg() - 1) // K25: no segment base
	v, ok := x.M.PeekWord(x.C.Space, at, 1)
	gone := ok && v != breakpoint
	x.Return(b2u(gone))
	if gone {
		x.M.Note(emu.Note{Kind: NoteSwallowed, ID: "K8", Text: "trap swallowed, eip stays behind the byte", Addr: at})
		x.Sayf("K8", func() string {
			return fmt.Sprintf("memory holds %#02x now, not CC: the trap is ignored and eip stays behind the byte", v)
		})
	} else {
		x.Say("K8", "memory still holds CC: not a kprobe's, the kernel handles it")
	}
	return traps.Next
}

func (e *common) hitActive(x *traps.Exec) traps.Result {
	s, _ := e.stats(x)
	s.Hits++
	e.g.step[x.C.ID] = stepOf{addr: e.addr(x)}
	x.SetWord("kprobe_status", hitActive)
	x.SetWord("current_kprobe", x.Probe)
	addr := e.addr(x)
	x.M.Note(emu.Note{Kind: NoteHit, ID: "K4", Text: "hit", Addr: addr})
	x.Sayf("K4", func() string {
		return fmt.Sprintf("kprobe_status = KPROBE_HIT_ACTIVE: the probe at %s is hit", x.K.Name(addr))
	})
	return traps.Next
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

func (e *common) saveFlags(x *traps.Exec) traps.Result {
	old := x.Regs.Get(traps.FieldFlags) & (emu.TF | emu.IF)
	saved := old
	why := "TF and IF of the interrupted code (%s) are kept for the way back"
	if isIFModifier(e.opcode(x)) {
		saved &^= emu.IF
		why = "TF and IF of the interrupted code (%s) are kept, but IF is dropped from what is put back: the instruction sets IF itself"
	}
	x.SetWord("kprobe_old_eflags", old)
	x.SetWord("kprobe_saved_eflags", saved)
	x.Sayf("K4", func() string { return fmt.Sprintf(why, emu.FormatFlags(old)) })
	return traps.Next
}

func (e *common) prepareSinglestep(x *traps.Exec) traps.Result {
	f := x.Regs.Get(traps.FieldFlags)
	x.Regs.Set(traps.FieldFlags, f&^emu.IF|emu.TF)
	x.Say("K4", "the frame's TF is set and IF cleared: one instruction will run, with interrupts off, and trap")
	return traps.Next
}

func (e *common) restoreOpcode(x *traps.Exec) traps.Result {
	addr, op := e.addr(x), e.opcode(x)
	x.M.PokeWord(x.C.Space, addr, 1, uint64(op)) // K15: one byte
	x.Sayf("K4", func() string {
		return fmt.Sprintf("the original byte %02x is back at %s: until it is re-armed, any CPU runs through it unseen (K11)", op, x.K.Name(addr))
	})
	return traps.Next
}

func (e *common) rewindIP(x *traps.Exec) traps.Result {
	x.Regs.Set(traps.FieldIP, e.addr(x))
	x.Say("K4", "the frame's eip goes back to the instruction itself")
	return traps.Next
}

func (e *common) hitSS(x *traps.Exec) traps.Result {
	x.SetWord("kprobe_status", hitSS)
	e.g.step[x.C.ID].active = true
	x.Say("K4", "kprobe_status = KPROBE_HIT_SS; the lock stays held over the return to the probed code")
	return traps.Next
}

func (e *common) writeBreakpoint(x *traps.Exec) traps.Result {
	addr := e.addr(x)
	x.M.PokeWord(x.C.Space, addr, 1, breakpoint)
	if s, i := e.stats(x); i >= 0 {
		s.Lost = false
		s.Registered = true
	}
	x.Sayf("K5", func() string { return fmt.Sprintf("CC is written to %s: the probe is armed", x.K.Name(addr)) })
	return traps.Next
}

func (e *common) restoreSavedFlags(x *traps.Exec) traps.Result {
	s, _ := e.stats(x)
	s.Posts++
	saved := x.Word("kprobe_saved_eflags")
	x.Regs.Set(traps.FieldFlags, x.Regs.Get(traps.FieldFlags)|saved)
	x.Sayf("K5", func() string {
		return fmt.Sprintf("the flags kept at the hit (%s) are or-ed into the frame", emu.FormatFlags(saved))
	})
	return traps.Next
}

func (e *common) restoreOldFlags(x *traps.Exec) traps.Result {
	s, _ := e.stats(x)
	s.Faults++
	old := x.Word("kprobe_old_eflags")
	x.Regs.Set(traps.FieldFlags, x.Regs.Get(traps.FieldFlags)|old)
	x.Sayf("K9", func() string {
		return fmt.Sprintf("the step faulted: kprobe_old_eflags (%s), not the saved ones, are or-ed into the frame, and the instruction will hit again", emu.FormatFlags(old))
	})
	return traps.Next
}

// The loads that kernel text does by instructions, as direct mode's steps.

func (e *common) kprobeRunning(x *traps.Exec) traps.Result {
	running := int(x.Word("kprobe_cpu")) == x.C.ID
	x.Return(b2u(running))
	x.Sayf("K4", func() string { return fmt.Sprintf("does this CPU run a probe already? %v", running) })
	return traps.Next
}

func (e *common) loadCurrent(x *traps.Exec) traps.Result {
	x.C.SetReg(emu.RBX, x.Word("current_kprobe"))
	x.Say("K5", "current_kprobe")
	return traps.Next
}

func (e *common) loadStatus(x *traps.Exec) traps.Result {
	x.Return(x.Word("kprobe_status"))
	x.Say("K9", "kprobe_status")
	return traps.Next
}
