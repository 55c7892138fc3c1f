package kprobes

import (
	"trapline/emu"
	"trapline/traps"
)

// The trap code that each engine runs on is that of its own kernel (G0): what
// the entry code looks like, who is asked first, and the gates.

// traps2002 is 2.5.30 with the 2002 patch (K1, K21, K22).
func traps2002(emu.Arch) traps.Traits {
	return traps.Traits{SavesAX: true, ProbeGates: true, UserDebugGate: true, AllFaults: true}
}

// traps2005 is 2.6.12 for i386, on both architectures: kprobes is a notifier that
// listens to int3, debug, general protection and page faults.
func traps2005(emu.Arch) traps.Traits {
	return traps.Traits{ProbeGates: true, RestoresIF: true, DebugFirst: true, NoDTrace: true, FixupFirst: true}
}

// trapsModern is 5.12. Its int3 stub leaves room in 64-bit frames.
func trapsModern(a emu.Arch) traps.Traits {
	return traps.Traits{
		Gap: a == emu.AMD64, ProbeGates: true, InterruptGates: true, RestoresIF: true,
		DebugFirst: true, NoLazyDR7: true, FixupFirst: true, KernelOnly: true,
	}
}
