package traps

import (
	"slices"
	"strings"
)

// Traits are how the trap code of an engine's kernel differs from that of the
// stock one, 2.5.30 (G0). The zero value is that kernel. What the assembler
// and direct mode's flow build depends on them by name: see Config and Build.
type Traits struct {
	// SavesAX: the stubs of vectors 1 and 3 push eax as orig_eax instead of -1
	// (K21).
	SavesAX bool
	// Gap: the int3 stub copies a kernel-mode frame down by six words, so that
	// a push onto the interrupted stack can be emulated.
	Gap bool
	// ProbeGates: gates 1 and 3 are interrupt gates (K1); InterruptGates: all
	// are, and the handlers of faults turn interrupts back on.
	ProbeGates, InterruptGates bool
	// UserDebugGate: gate 1 has DPL 3 (K1).
	UserDebugGate bool
	// KernelBoundsGate: gate 5 has DPL 0.
	KernelBoundsGate bool
	// RestoresIF: stock handling of #BP and #DB turns interrupts back on, which
	// the 2002 patch does not (K22).
	RestoresIF bool
	// DebugFirst: #DB asks kprobes before it looks at DR6, else behind the test
	// for a lazily loaded DR7, and of single steps only.
	DebugFirst bool
	// NoLazyDR7: DR6 is cleared when it is read; breakpoints are off while a
	// kernel-mode #DB is handled, which is dropped with interrupts off if nobody
	// wants it, and DR7 stays as it is.
	NoLazyDR7 bool
	// NoDTrace: a single step in ring 3 is a signal, whether or not TF was set by
	// a tracer that has gone.
	NoDTrace bool
	// NoKernelSIGTRAP: a watchpoint that the kernel meets is no signal.
	NoKernelSIGTRAP bool
	// AllFaults: do_trap's vectors and #NM ask kprobes, not only #GP and #PF.
	AllFaults bool
	// FixupFirst: #GP asks kprobes in ring 0 only, behind the exception table.
	FixupFirst bool
	// KernelOnly: #DB and #PF from ring 3 never ask kprobes.
	KernelOnly bool
	// DebugStack: x86-64's #DB comes on a stack of its own, the thread is found by
	// the kernel's gs, and nothing is scheduled on the way back.
	DebugStack bool
	// TextSteps: kernel text sets a step up in direct mode too.
	TextSteps bool
}

// names are what the assembler's conditions, a flow and descriptions call the
// traits, and where each is.
func (t *Traits) names() []struct {
	name string
	on   *bool
} {
	return []struct {
		name string
		on   *bool
	}{
		{"SAVES_AX", &t.SavesAX}, {"GAP", &t.Gap}, {"INTERRUPT_GATES", &t.InterruptGates}, {"RESTORES_IF", &t.RestoresIF},
		{"DEBUG_FIRST", &t.DebugFirst}, {"NO_LAZY_DR7", &t.NoLazyDR7}, {"NO_DTRACE", &t.NoDTrace}, {"NO_KERNEL_SIGTRAP", &t.NoKernelSIGTRAP}, {"ALL_FAULTS", &t.AllFaults},
		{"FIXUP_FIRST", &t.FixupFirst}, {"KERNEL_ONLY", &t.KernelOnly}, {debugStack, &t.DebugStack}, {textSteps, &t.TextSteps},
	}
}

const (
	debugStack = "DEBUG_STACK" // C asks for it too
	textSteps  = "TEXT_STEPS"  // is no concern of the assembler's
)

// TraitsNamed has the traits of these names on.
func TraitsNamed(on ...string) Traits {
	var t Traits
	for _, x := range t.names() {
		*x.on = slices.Contains(on, x.name)
	}
	return t
}

// Config is what an engine's kernel text begins with: symbols that choose
// between variants of the entry code.
func (t Traits) Config() string {
	var b strings.Builder
	b.WriteString(".set CONFIG_KPROBES,1\n")
	for _, x := range t.names() {
		if *x.on && x.name != textSteps {
			b.WriteString(".set TRAP_" + x.name + ",1\n")
		}
	}
	return b.String()
}

// Header is what its C begins with.
func (t Traits) Header() string {
	if t.DebugStack {
		return "#define TRAP_" + debugStack + "\n"
	}
	return ""
}

// build tells a flow which of its lines are in: by a trait's name, or KPROBES.
func (t Traits) build(kprobes bool) map[string]bool {
	m := map[string]bool{"KPROBES": kprobes}
	for _, x := range t.names() {
		m[x.name] = *x.on
	}
	return m
}
