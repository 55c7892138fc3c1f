package kprobes

import (
	"fmt"

	"trapline/emu"
	"trapline/traps"
)

// How the engines get control when a probed function returns (E7): by a probe
// on the trampoline in 2005, by the trampoline's own code in modern.

// prepareReturns is arch_init_kprobes of 2005: a probe of the kernel's own
// sits on the trampoline's nop.
func (e *engine2005) prepareReturns() error {
	x := e.g.setup(0)
	x.Probe = x.K.Symbol("trampoline_p")
	if e.addr(&x) != 0 {
		return nil
	}
	e.write(&x, x.Probe+e.l.addr, x.K.Symbol("kretprobe_trampoline"))
	e.write(&x, x.Probe+e.l.pre, x.K.Symbol("trampoline_probe_handler"))
	e.write(&x, x.Probe+e.l.ainsn, e.slots+uint64(MaxProbes+activeSlots)*copySize)
	return e.registerCopy(&x)
}

// prepareReturns has nothing to do.
func (e *engineModern) prepareReturns() error { return nil }

func (e *engineModern) trampolineOps() map[string]traps.Op {
	return map[string]traps.Op{
		"find_return_address":  e.findReturnAddress,
		"begin_return_handler": e.beginReturnHandler,
		"end_return_handler":   e.endReturnHandler,
	}
}

// findReturnAddress completes the frame that the trampoline built: handlers
// see the registers as they are behind the return, at the true address.
func (e *engineModern) findReturnAddress(x *traps.Exec) traps.Result {
	ret := x.K.Symbol("kretprobe_trampoline")
	ri := e.firstInstance(x, e.peek(x, e.instanceHead(x)))
	for n := 0; ri != 0 && e.g.Trampoline(ret) && n < MaxMaxActive*activeSlots; n++ {
		ret = e.kri(x, ri, kriRet)
		ri = e.firstInstance(x, e.kri(x, ri, kriNext))
	}
	x.Regs.Set(traps.FieldIP, ret)
	if x.M.Arch == emu.AMD64 {
		sp := x.Regs.Get(traps.FieldSP)
		x.Regs.Set(traps.FieldSP, sp+16) // behind what the trampoline pushed before it
		x.Regs.Set(traps.FieldCS, uint64(x.K.Layout.KernelCS))
		x.Regs.Set(traps.FieldSS, uint64(x.K.Layout.KernelDS))
		x.Regs.Set(traps.FieldOrigAX, ^uint64(0))
	}
	x.Sayf("E7", func() string { return "the function returns to " + x.K.Name(ret) + " in truth" })
	return traps.Next
}

// beginReturnHandler makes the handler count as this CPU's running probe, so
// that probes that it hits are missed, not nested.
func (e *engineModern) beginReturnHandler(x *traps.Exec) traps.Result {
	e.set(x, ctlCurrent, e.kri(x, x.C.Reg(emu.RBX), kriRP))
	e.set(x, ctlStatus, hitActive)
	x.Say("E7", "this CPU runs a probe while the handler runs: a hit inside it is only counted")
	return traps.Next
}

func (e *engineModern) endReturnHandler(x *traps.Exec) traps.Result {
	e.set(x, ctlCurrent, 0)
	x.Sayf("E7", func() string { return fmt.Sprintf("cpu%d runs no probe any more", x.C.ID) })
	return traps.Next
}
