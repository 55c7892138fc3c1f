package traps

import (
	"slices"
	"strings"
)

// Traits are how the trap code of an engine's kernel differs from that of the
// stock one, 2.5.30 (G0). None: it is that kernel's. Descriptions of engines, the
// assembler's conditions and a flow's are made of the same names.
type Traits []Trait

// Trait is one of the differences.
type Trait string

// The traits.
const (
	SavesAX          Trait = "SAVES_AX"           // vectors 1 and 3 push eax as orig_eax instead of -1 (K21)
	Gap              Trait = "GAP"                // the int3 stub moves a kernel-mode frame down by six words: room to emulate a push
	ProbeGates       Trait = "PROBE_GATES"        // gates 1 and 3 are interrupt gates (K1)
	InterruptGates   Trait = "INTERRUPT_GATES"    // all are, and the handlers of faults turn interrupts back on
	UserDebugGate    Trait = "USER_DEBUG_GATE"    // gate 1 has DPL 3 (K1)
	KernelBoundsGate Trait = "KERNEL_BOUNDS_GATE" // gate 5 has DPL 0
	RestoresIF       Trait = "RESTORES_IF"        // stock #BP and #DB turn interrupts back on, which the 2002 patch does not (K22)
	// #DB asks kprobes before it looks at DR6, else behind the test for a lazily
	// loaded DR7, and of single steps only.
	DebugFirst Trait = "DEBUG_FIRST"
	// DR6 is cleared when it is read; breakpoints are off while a kernel-mode #DB is
	// handled, which is dropped with interrupts off if nobody wants it, and DR7 stays.
	NoLazyDR7 Trait = "NO_LAZY_DR7"
	// A single step in ring 3 is a signal, whether or not TF was set by a tracer that
	// has gone.
	NoDTrace        Trait = "NO_DTRACE"
	NoKernelSIGTRAP Trait = "NO_KERNEL_SIGTRAP" // a watchpoint that the kernel meets is no signal
	AllFaults       Trait = "ALL_FAULTS"        // do_trap's vectors and #NM ask kprobes, not only #GP and #PF
	FixupFirst      Trait = "FIXUP_FIRST"       // #GP asks kprobes in ring 0 only, behind the exception table
	KernelOnly      Trait = "KERNEL_ONLY"       // #DB and #PF from ring 3 never ask kprobes
	// x86-64's #DB and NMI come on stacks of their own, the thread is found by the
	// kernel's gs, and nothing is scheduled on the way back.
	DebugStack  Trait = "DEBUG_STACK"
	FaultStack  Trait = "FAULT_STACK"  // with DEBUG_STACK: #SS too
	ThreadStack Trait = "THREAD_STACK" // with DEBUG_STACK: from ring 3 they go on on the thread's stack and return as others do

	kprobes   Trait = "KPROBES"    // of a flow: there are any
	TextSteps Trait = "TEXT_STEPS" // of a flow: kernel text sets a step up in direct mode too
)

var allTraits = Traits{SavesAX, Gap, ProbeGates, InterruptGates, UserDebugGate, KernelBoundsGate, RestoresIF, DebugFirst, NoLazyDR7,
	NoDTrace, NoKernelSIGTRAP, AllFaults, FixupFirst, KernelOnly, DebugStack, FaultStack, ThreadStack, kprobes, TextSteps}

// Has reports whether the kernel is so.
func (t Traits) Has(x Trait) bool { return slices.Contains(t, x) }

// Config is what an engine's kernel text begins with: symbols that choose
// between variants of the entry code.
func (t Traits) Config() string {
	var b strings.Builder
	b.WriteString(".set CONFIG_KPROBES,1\n")
	for _, x := range t {
		b.WriteString(".set TRAP_" + string(x) + ",1\n")
	}
	return b.String()
}

// Header is what its C begins with, which knows one of them.
func (t Traits) Header() string {
	if t.Has(DebugStack) {
		return "#define TRAP_" + string(DebugStack) + "\n"
	}
	return ""
}
