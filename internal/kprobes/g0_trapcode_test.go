package kprobes_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/engines"
	"trapline/internal/kprobes"
	"trapline/internal/rigs/testkit"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// situation is a run that generations take in different ways.
type situation struct {
	name  string
	setup func(r *kit) *emu.CPU
	// want tells how the task ends, by engine.
	want map[string]string
}

// Ends of situations.
const (
	done = traps.TaskDone
	segv = "killed by SIGSEGV"
	trap = "killed by SIGTRAP"
	oops = "oops"
)

// faulting is a probe with a fault handler that says it has mended things, on
// code whose step faults.
func faulting(code func(r *kit) []byte, mend func(*kprobes.Call)) func(r *kit) *emu.CPU {
	return func(r *kit) *emu.CPU {
		at := r.kernel(append(code(r), 0xc3)...)
		r.probe(kprobes.Probe{Name: "p", Addr: at, Fault: kprobes.Handler{Action: func(c *kprobes.Call) uint64 {
			mend(c)
			return 1
		}}})
		return r.start(0, at)
	}
}

// watched is a kernel task whose probed instruction, or the one before it,
// stores where DR0 watches.
func watched(probed uint64, task traps.Task) func(r *kit) *emu.CPU {
	return func(r *kit) *emu.CPU {
		at := r.kernel(0x89, 0x01 /* mov %eax,(%ecx) */, 0x90, 0x90, 0xc3)
		r.probe(kprobes.Probe{Name: "p", Addr: at + probed})
		require.NoError(r, r.k.Start(0, task, 0, at, 0))
		c := r.m.CPUs[0]
		c.GPR[x86.RCX] = r.kernel(0, 0, 0, 0)
		c.Sys.DR[0], c.Sys.DR[7] = c.GPR[x86.RCX], emu.DR7Fixed|0xd0002 // G0, 4 bytes, writes
		return c
	}
}

func ring3(code ...byte) func(r *kit) *emu.CPU {
	return func(r *kit) *emu.CPU { return r.user(traps.Task{}, join(code, exit(r.a))...) }
}

func bytesOf(b ...byte) func(*kit) []byte { return func(*kit) []byte { return b } }

func ended(by2002, by2005, modern string) map[string]string {
	return map[string]string{"2002": by2002, "2005": by2005, "modern": modern}
}

var situations = []situation{
	{"divide error behind the step", faulting(bytesOf(0x31, 0xc9 /* xor */, 0xf7, 0xf9), func(*kprobes.Call) {}), ended(oops, oops, oops)},
	{"divide error", faulting(bytesOf(0xf7, 0xf9) /* idiv %ecx */, func(c *kprobes.Call) { c.Regs.SetReg(x86.RCX, 1) }), ended(done, oops, oops)},
	{"undefined opcode", faulting(bytesOf(0x0f, 0x0b), func(c *kprobes.Call) {
		c.Regs.Set(traps.FieldIP, c.Regs.Get(traps.FieldIP)+2)
		c.Regs.Set(traps.FieldFlags, c.Regs.Get(traps.FieldFlags)&^x86.TF)
	}), nil},
	{"page fault", faulting(func(r *kit) []byte { return r.load(r.lazy()) }, func(c *kprobes.Call) {
		_ = c.CPU.Space.Map(c.CPU.Sys.CR2&^(emu.PageSize-1), 1, 1, emu.Write)
	}), nil},
	{"general protection", faulting(bytesOf(0x0f, 0x32) /* rdmsr */, func(c *kprobes.Call) { c.Regs.SetReg(x86.RCX, 0x174) /* SYSENTER_CS */ }), nil},
	{"device not available", func(r *kit) *emu.CPU {
		c := faulting(bytesOf(0xd9, 0xee), func(*kprobes.Call) {})(r)
		c.Sys.CR0 |= emu.CR0TS
		return c
	}, nil},
	{"watchpoint on the step", watched(0, traps.Task{}), ended(done, done, done)},
	{"watchpoint on the step of a debugged task", watched(0, traps.Task{DebugReg7: 1}), ended(done, done, done)},
	{"watchpoint before the probe", watched(2, traps.Task{}), ended(done, done, done)},
	{"int1 from ring 3", ring3(0xcd, 1), ended(trap, segv, segv)},
	{"int $3 of two bytes from ring 3", ring3(0xcd, 3), ended(done, segv, trap)}, // K8
	{"icebp from ring 3", ring3(0xf1), ended(trap, trap, trap)},
	{"int $4 from ring 3", ring3(0xcd, 4), ended(segv, segv, segv)},
	{"general protection from ring 3", ring3(0xfa), ended(segv, segv, segv)},
	{"page fault from ring 3", ring3(0xa1, 0, 0, 0, 0, 0, 0, 0, 0), ended(segv, segv, segv)},
	{"single step from ring 3", func(r *kit) *emu.CPU {
		c := ring3(0x90)(r)
		c.RFLAGS |= x86.TF
		return c
	}, ended(trap, trap, trap)},
	{"single step in the kernel", func(r *kit) *emu.CPU {
		c := r.start(0, r.kernel(0x90, 0x90, 0xc3))
		c.RFLAGS |= x86.TF
		return c
	}, ended(done, done, done)},
}

// outcome is all that a run leaves behind.
type outcome struct {
	why   string
	micro []string
	core  emu.Core
	stats []kprobes.Stats
	task  traps.Task
	dr    [8]uint64
	lock  uint64
}

func (s *situation) run(t *testing.T, a x86.Arch, engine string, direct bool) outcome {
	r := newKit(t, a, engine, 1)
	require.NoError(t, r.k.SetDirect(direct))
	c := s.setup(r)
	why, micro := r.run(0)
	o := outcome{why: why, micro: withoutDirect(micro), core: c.Core, task: r.k.Tasks[0], dr: c.Sys.DR}
	for i := range r.g.Probes() {
		o.stats = append(o.stats, r.g.Stats(i))
	}
	if r.k.HasSymbol("kprobe_lock") {
		o.lock = r.word("kprobe_lock")
	}
	return o
}

// TestG0TrapCodeOfEachGeneration: how a task ends is its own kernel's doing, and
// the same in kernel text and in direct mode, micro-step by micro-step.
func TestG0TrapCodeOfEachGeneration(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, s := range situations {
			t.Run(s.name, func(t *testing.T) {
				for _, engine := range engines.Names(engines.Kernel)[1:] {
					text, direct := s.run(t, a, engine, false), s.run(t, a, engine, true)
					require.Equal(t, text.micro, direct.micro, engine)
					if text.why != done { // the text's own frames are still on the stack
						text.core, direct.core = emu.Core{}, emu.Core{}
					}
					require.Equal(t, text, direct, engine)
					if s.want != nil && s.want[engine] == oops {
						require.True(t, isOops(text.why), "%s: %s", engine, text.why)
					} else if s.want != nil {
						require.Equal(t, s.want[engine], text.why, engine)
					}
				}
			})
		}
	})
}

// TestG0WhichFaultsAskKprobes: a fault in the step reaches the fault handler by
// the vectors that the kernel's code tells kprobes of.
func TestG0WhichFaultsAskKprobes(t *testing.T) {
	for name, want := range map[string]map[string]bool{
		"divide error":         {"2002": true},
		"undefined opcode":     {"2002": true},
		"device not available": {"2002": true},
		"page fault":           {"2002": true, "2005": true},
		"general protection":   {"2002": true, "2005": true},
	} {
		for _, s := range situations {
			if s.name != name {
				continue
			}
			t.Run(name, func(t *testing.T) {
				for _, engine := range engines.Names(engines.Kernel)[1:] {
					o := s.run(t, x86.I386, engine, false)
					require.Equal(t, want[engine], slices.Contains(o.micro, "fault_handler_action"), "%s: %v", engine, o.micro)
				}
			})
		}
	}
}

// TestG0DivideErrorInTheStepOf2005: it oopses with the lock held and eip in the
// copy.
func TestG0DivideErrorInTheStepOf2005(t *testing.T) {
	o := situations[1].run(t, x86.I386, "2005", false)
	require.EqualValues(t, 1, o.lock)
	require.True(t, strings.HasSuffix(o.why, " at 0xc0330000"), o.why)
}

// TestG0WatchpointOnTheStep: kernels that ask kprobes first end the step there;
// the 2002 patch's takes the #DB for a stale DR7, and the next instruction ends
// the step.
func TestG0WatchpointOnTheStep(t *testing.T) {
	for engine, steps := range map[string]int{"2002": 2, "2005": 1, "modern": 1} {
		testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
			r := newKit(t, a, engine, 1)
			c := watched(0, traps.Task{})(r)
			n := 0
			for c.Shutdown == "" {
				if ev := r.step(0); ev.Delivery != nil && ev.Delivery.Trap.Vector == x86.VecDB {
					n++
				}
			}
			require.Equal(t, steps, n, engine)
			require.EqualValues(t, 1, r.g.Stats(0).Posts, engine)
			require.Equal(t, engine != "2002", c.Sys.DR[7] != emu.DR7Fixed, "%s: DR7 %#x", engine, c.Sys.DR[7])
		})
	}
}

// TestG0TrapCodeOf2005ByArchitecture: where 2.6.12 for x86-64 is not that for i386. A
// step in ring 3 whose TF was set by a tracer that has gone is dropped, a
// watchpoint of the kernel's is no signal, and all gates turn interrupts off, so
// that handlers turn them on again.
func TestG0TrapCodeOf2005ByArchitecture(t *testing.T) {
	for name, c := range map[string]struct {
		setup      func(r *kit) *emu.CPU
		i386, wide string
	}{
		"step of a tracer that has gone": {func(r *kit) *emu.CPU {
			c := r.user(traps.Task{DTrace: true}, join([]byte{0x90}, exit(r.a))...)
			c.RFLAGS |= x86.TF
			return c
		}, trap, done},
		"step of a traced task": {func(r *kit) *emu.CPU {
			c := r.user(traps.Task{DTrace: true, Ptraced: true}, join([]byte{0x90}, exit(r.a))...)
			c.RFLAGS |= x86.TF
			return c
		}, done, done},
		"watchpoint of the kernel's": {watched(2, traps.Task{DebugReg7: 1}), done, done},
	} {
		testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
			s := situation{name, c.setup, nil}
			text, direct := s.run(t, a, "2005", false), s.run(t, a, "2005", true)
			text.core, direct.core = emu.Core{}, emu.Core{} // the text's own frames are still on a killed task's stack
			require.Equal(t, text, direct, name)
			want := c.i386
			if a == x86.AMD64 {
				want = c.wide
			}
			require.Equal(t, want, text.why, name)
			if name == "watchpoint of the kernel's" {
				require.Equal(t, a == x86.I386, slices.Contains(text.micro, "force_sig"), text.micro)
				require.EqualValues(t, emu.DR7Fixed, text.dr[7])
			}
		})
	}
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := newKit(t, a, "2005", 1)
		c := r.start(0, r.kernel(0xf7, 0xf9)) // idiv %ecx
		r.until(0, "die")
		require.Equal(t, x86.IF, c.RFLAGS&x86.IF, "the handler of a divide error runs with interrupts on")
	})
}

// TestG0Gates: types and privilege levels of the gates.
func TestG0Gates(t *testing.T) {
	i, tr := uint8(x86.InterruptGate), uint8(x86.TrapGate)
	for engine, want := range map[string]map[x86.Vector][2]uint8{
		"none":   {0: {tr, 0}, 1: {tr, 0}, 3: {tr, 3}, 4: {tr, 3}, 5: {tr, 3}, 13: {tr, 0}, 14: {i, 0}},
		"2002":   {0: {tr, 0}, 1: {i, 3}, 3: {i, 3}, 4: {tr, 3}, 5: {tr, 3}, 13: {tr, 0}, 14: {i, 0}},
		"2005":   {0: {tr, 0}, 1: {i, 0}, 3: {i, 3}, 4: {tr, 3}, 5: {tr, 3}, 13: {tr, 0}, 14: {i, 0}},
		"modern": {0: {i, 0}, 1: {i, 0}, 3: {i, 3}, 4: {i, 3}, 5: {i, 0}, 13: {i, 0}, 14: {i, 0}},
	} {
		testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
			r := newKit(t, a, engine, 1)
			for vec, w := range want {
				if engine == "2005" && a == x86.AMD64 {
					w[0] = i // 2.6.12 for x86-64, set_system_gate
				}
				g := r.k.Gate(r.s, vec)
				require.Equal(t, w, [2]uint8{g.Type, g.DPL}, "%s: gate %d", engine, vec)
			}
		})
	}
}
