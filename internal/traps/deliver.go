package traps

import (
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/x86"
)

// Deliver takes vector t on c through the IDT in guest memory (P2-P5). A
// fault on the way is combined with what was being delivered by SDM vol. 3,
// table 6-5; a fault during #DF shuts the vCPU down.
func (k *Kernel) Deliver(m *emu.Machine, c *emu.CPU, t emu.Trap) {
	d := m.Event().BeginDelivery()
	d.From = uint8(c.CPL)
	cur := t
	for range maxNestedFaults {
		saved := c.Core
		second := k.enterGate(m, c, cur, d)
		if second == nil {
			d.Trap, d.To = cur, uint8(c.CPL)
			c.Halted = false
			if k.direct != nil {
				k.enterDirect(c, cur)
			}
			return
		}
		c.Core = saved
		if cur.Kind == emu.SoftwareInt || cur.Kind == emu.PrivSoftInt {
			c.Core = m.Event().Before // the fault is the INT instruction's: its RIP points at it
		}
		if second.SetCR2 {
			c.Sys.CR2 = second.CR2
		}
		d.Nested = append(d.Nested, *second)
		next, ok := combine(cur, *second)
		if !ok {
			d.Trap = cur
			// K13: how a probe on the trap path ends
			k.shutdown(c, d, fmt.Sprintf("triple fault: %v while delivering %v", *second, cur))
			return
		}
		cur = next
	}
	d.Trap = cur
	k.shutdown(c, d, fmt.Sprintf("%d faults while delivering %v", maxNestedFaults, t))
}

// maxNestedFaults bounds the faults of one delivery. Serial faults of benign
// events can only chain a few times before #DF; the bound is for safety.
const maxNestedFaults = 8

func (k *Kernel) shutdown(c *emu.CPU, d *emu.Delivery, why string) {
	d.Shutdown = why
	c.Shutdown = why
}

// combine is what is delivered when second is raised while first is being
// delivered (P4). False: triple fault.
func combine(first, second emu.Trap) (emu.Trap, bool) {
	switch x86.Combine(classOf(first), classOf(second)) {
	case x86.TripleFault:
		return first, false
	case x86.DoubleFault:
		return *emu.FaultErr(x86.VecDF, 0), true
	}
	return second, true
}

// classOf: what an INT instruction or an interrupt raises is benign whatever
// its vector.
func classOf(t emu.Trap) x86.Class {
	if t.Kind != emu.Exception {
		return x86.Benign
	}
	return t.Vector.Class()
}

// errIDT is the selector-format error code of an IDT entry: bit 1 IDT, bit 0
// EXT when what is being delivered did not come from an INT instruction (P3).
func errIDT(t emu.Trap) uint32 { return x86.GateError(t.Vector, ext(t) != 0).Encode() }

func ext(t emu.Trap) uint32 {
	if t.Kind == emu.SoftwareInt {
		return 0
	}
	return 1
}

// enterGate does one delivery or returns the fault that stopped it, with c
// possibly half changed: the caller restores it.
func (k *Kernel) enterGate(m *emu.Machine, c *emu.CPU, t emu.Trap, d *emu.Delivery) *emu.Trap {
	g, fault := k.readGate(m, c, t, d)
	if fault != nil {
		return fault
	}
	task := g.Type == x86.TaskGate && t.Vector == x86.VecDF && m.Arch == x86.I386
	if g.Type != x86.InterruptGate && g.Type != x86.TrapGate && !task { // other task gates and 16-bit gates are not modelled
		return emu.FaultErr(x86.VecGP, errIDT(t))
	}
	if t.Kind == emu.SoftwareInt && uint32(g.DPL) < c.CPL {
		return emu.FaultErr(x86.VecGP, errIDT(t))
	}
	if !g.Present {
		return emu.FaultErr(x86.VecNP, errIDT(t))
	}
	if task {
		return k.enterTask(m, c, t, g, d)
	}
	dpl, conforming, fault := m.Handler(c, g.Selector)
	vm86 := c.RFLAGS&x86.VM != 0
	if fault == nil && (dpl > c.CPL || vm86 && (conforming || dpl != 0)) {
		fault = emu.FaultErr(x86.VecGP, uint32(g.Selector&^3))
	}
	if fault != nil {
		return withExt(fault, t)
	}
	cpl := c.CPL
	if !conforming {
		cpl = dpl
	}
	old := c.Core
	if fault := m.LoadCode(c, g.Selector, cpl); fault != nil {
		return withExt(fault, t)
	}
	if fault := k.pushFrame(m, c, t, g, &old, d); fault != nil {
		return withExt(fault, t)
	}
	if !c.InCode(g.Offset) {
		return withExt(emu.FaultErr(x86.VecGP, 0), t)
	}
	c.RIP = g.Offset
	c.RFLAGS &^= x86.TF | x86.NT | x86.RF | x86.VM // P2
	if g.Type == x86.InterruptGate {
		c.RFLAGS &^= x86.IF
	}
	return nil
}

// enterTask takes t through a task gate: its handler is a task of its own, on
// whose stack there is nothing but the error code (SDM vol. 3, 6.12.2).
func (k *Kernel) enterTask(m *emu.Machine, c *emu.CPU, t emu.Trap, g x86.Gate, d *emu.Delivery) *emu.Trap {
	d.Frame, d.Switched, d.Task = d.Frame[:0], true, g.Selector
	if fault := m.SwitchTask(c, g.Selector); fault != nil {
		return withExt(fault, t)
	}
	if !t.HasErr {
		return nil
	}
	if fault := k.push(m, c, uint64(t.ErrCode), x86.FrameError, d); fault != nil {
		return withExt(fault, t)
	}
	return nil
}

// withExt sets EXT in a selector error code met while delivering t; page
// faults have none.
func withExt(f *emu.Trap, t emu.Trap) *emu.Trap {
	if f.Vector != x86.VecPF {
		f.ErrCode |= ext(t)
	}
	return f
}

// readGate reads vector t's gate; beyond the limit it is #GP (P4).
func (k *Kernel) readGate(m *emu.Machine, c *emu.CPU, t emu.Trap, d *emu.Delivery) (x86.Gate, *emu.Trap) {
	size := m.Arch.GateSize()
	d.HasGate = false
	off := uint64(t.Vector) * uint64(size)
	if off+uint64(size)-1 > uint64(c.Sys.IDTR.Limit) {
		return x86.Gate{}, emu.FaultErr(x86.VecGP, errIDT(t))
	}
	d.GateAddr = c.Sys.IDTR.Base + off
	d.GateRaw = d.GateRaw[:0]
	for i := 0; i < size; i += 8 {
		v, fault := m.Load(c, d.GateAddr+uint64(i), 8, false)
		if fault != nil {
			return x86.Gate{}, fault
		}
		for b := range 8 {
			d.GateRaw = append(d.GateRaw, byte(v>>(8*b)))
		}
	}
	g := x86.DecodeGate(d.GateRaw)
	d.Gate, d.HasGate = g, true
	return g, nil
}

// pushFrame switches stacks if the privilege changes (or an IST is asked for)
// and pushes the frame (P5). old is the interrupted state; c has the new CS.
func (k *Kernel) pushFrame(m *emu.Machine, c *emu.CPU, t emu.Trap, g x86.Gate, old *emu.Core, d *emu.Delivery) *emu.Trap {
	long := m.Arch == x86.AMD64
	d.Switched = c.CPL != old.CPL || g.IST != 0
	if d.Switched {
		if fault := k.switchStack(m, c, g, old); fault != nil {
			return fault
		}
	}
	if long {
		c.GPR[x86.RSP] &^= 15
	}
	flags := old.RFLAGS
	if t.Kind == emu.Exception && pushesRF(t) {
		flags |= x86.RF
	}
	d.Frame = d.Frame[:0]
	if old.RFLAGS&x86.VM != 0 {
		for i, s := range [...]int{x86.GS, x86.FS, x86.DS, x86.ES} {
			if fault := k.push(m, c, uint64(old.Seg[s].Sel), x86.FrameGS+x86.FrameWord(i), d); fault != nil {
				return fault
			}
		}
		c.LeaveVM86()
	}
	words := [...]uint64{uint64(old.Seg[x86.SS].Sel), old.GPR[x86.RSP], flags, uint64(old.Seg[x86.CS].Sel), old.RIP}
	first := 2
	if long || d.Switched {
		first = 0
	}
	for i := first; i < len(words); i++ {
		if fault := k.push(m, c, words[i], x86.FrameSS+x86.FrameWord(i), d); fault != nil {
			return fault
		}
	}
	if t.HasErr {
		return k.push(m, c, uint64(t.ErrCode), x86.FrameError, d)
	}
	return nil
}

// pushesRF: faults push RF set so that the retried instruction's execute
// breakpoint is not met twice; a #DB that is itself such a breakpoint, traps
// and software interrupts do not (SDM vol. 3, 17.3.1.1).
func pushesRF(t emu.Trap) bool {
	switch t.Vector {
	case x86.VecDB:
		return t.DR6&emu.DR6BD != 0 // general detect is a fault as well
	case x86.VecBP, x86.VecOF, x86.VecDF:
		return false
	}
	return true
}

// push pushes a word; a stack that the TSS gave is named in the error code of
// its fault.
func (k *Kernel) push(m *emu.Machine, c *emu.CPU, v uint64, is x86.FrameWord, d *emu.Delivery) *emu.Trap {
	at, fault := m.Push(c, m.Arch.Word(), v, emu.ByDelivery)
	if fault != nil {
		if fault.Vector == x86.VecSS && m.Arch == x86.I386 && d.Switched {
			fault.ErrCode = uint32(c.Seg[x86.SS].Sel &^ 3)
		}
		return fault
	}
	d.Frame = append(d.Frame, emu.FrameWord{Addr: at, Value: v, Is: is, Name: is.Name(m.Arch)})
	return nil
}

// switchStack loads SS:ESP (RSP) for the new privilege from the TSS.
func (k *Kernel) switchStack(m *emu.Machine, c *emu.CPU, g x86.Gate, old *emu.Core) *emu.Trap {
	tr := c.Sys.TR
	bad := func() *emu.Trap { return emu.FaultErr(x86.VecTS, uint32(tr.Sel&^3)) }
	if m.Arch == x86.AMD64 {
		off := uint64(4 + 8*c.CPL)
		if g.IST != 0 {
			off = 36 + 8*uint64(g.IST-1)
		}
		if off+7 > uint64(tr.Limit) {
			return bad()
		}
		rsp, fault := m.Load(c, tr.Base+off, 8, false)
		if fault != nil {
			return fault
		}
		c.GPR[x86.RSP] = rsp
		if c.CPL != old.CPL {
			return m.LoadStack(c, uint16(c.CPL), c.CPL, x86.VecGP) // null SS with the new RPL
		}
		return nil
	}
	off := uint64(4 + 8*c.CPL)
	if off+5 > uint64(tr.Limit) {
		return bad()
	}
	esp, fault := m.Load(c, tr.Base+off, 4, false)
	if fault != nil {
		return fault
	}
	ss, fault := m.Load(c, tr.Base+off+4, 2, false)
	if fault != nil {
		return fault
	}
	c.GPR[x86.RSP] = esp
	return m.LoadStack(c, uint16(ss), c.CPL, x86.VecTS)
}
