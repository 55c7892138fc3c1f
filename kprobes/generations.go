package kprobes

import (
	"trapline/emu"
	"trapline/traps"
)

// The trap code that each engine runs on is that of its own kernel (G0): what
// the entry code looks like, who is asked first, and the gates.
var (
	// 2.5.30 with the 2002 patch (K1, K21, K22).
	traps2002 = traps.Traits{SavesAX: true, ProbeGates: true, UserDebugGate: true, AllFaults: true}
	// 2.6.12: kprobes is a notifier that listens to int3, debug, general
	// protection and page faults.
	traps2005 = traps.Traits{ProbeGates: true, RestoresIF: true, DebugFirst: true, FixupFirst: true}
)

// trapsModern is 5.12. Its int3 stub leaves room in 64-bit frames.
func trapsModern(a emu.Arch) traps.Traits {
	return traps.Traits{
		Gap: a == emu.AMD64, ProbeGates: true, InterruptGates: true, RestoresIF: true,
		DebugFirst: true, NoLazyDR7: true, FixupFirst: true, KernelOnly: true,
	}
}
