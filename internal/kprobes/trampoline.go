package kprobes

// How the engines get control when a probed function returns (E7): by a probe
// on the trampoline in 2005, by the trampoline's own code in modern.

// prepareReturns is arch_init_kprobes of 2005: a probe of the kernel's own
// sits on the trampoline's nop.
func (e *copying) prepareReturns() error {
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

func (e *common) prepareReturns() error { return nil }
