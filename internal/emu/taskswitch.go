package emu

import (
	"encoding/binary"

	"trapline/internal/x86"
)

// Bits that a task switch uses.
const (
	DR6BT    uint64 = 1 << 15 // #DB: the new task's T bit is set
	dr7Local uint64 = 0x155   // L0-L3, LE
	tss32Min        = x86.TSSSize - 1
)

// SwitchTask enters the 32-bit task whose TSS selector sel names, nested in
// the present one, as a task gate does on i386 (SDM vol. 3, 7.3). RIP is as it
// is to be saved. With a fault, the memory of both TSSs may have changed.
func (m *Machine) SwitchTask(c *CPU, sel uint16) *Trap {
	old := c.Sys.TR
	if t := m.loadSystemSeg(c, sel, &c.Sys.TR, x86.SystemTSS); t != nil {
		return t
	}
	next := c.Sys.TR
	if next.Limit < tss32Min || old.Limit < tss32Min {
		c.Sys.TR = old
		return FaultErr(x86.VecTS, uint32(sel&^3))
	}
	if t := m.saveTask(c, old); t != nil {
		c.Sys.TR = old
		return t
	}
	if t := m.Store(c, next.Base, 2, uint64(old.Sel), false, ByDelivery); t != nil {
		return t
	}
	tss, t := m.readTSS(c, next)
	if t != nil {
		return t
	}
	return m.enterTask(c, &tss)
}

// saveTask writes the registers to the TSS; what only software changes there
// stays: the link, the stacks, CR3, the LDT.
func (m *Machine) saveTask(c *CPU, tr SystemSeg) *Trap {
	tss, t := m.readTSS(c, tr)
	if t != nil {
		return t
	}
	tss.EIP, tss.EFLAGS = uint32(c.RIP), uint32(c.RFLAGS)
	for i := range tss.GPR {
		tss.GPR[i] = uint32(c.GPR[i])
	}
	for i := range tss.Seg {
		tss.Seg[i] = uint16(c.Seg[i].Sel)
	}
	b := tss.Encode()
	for off := x86.TSS32Saved; off < x86.TSS32SavedEnd; off += 4 {
		v := binary.LittleEndian.Uint32(b[off:])
		if t := m.Store(c, tr.Base+uint64(off), 4, uint64(v), false, ByDelivery); t != nil {
			return t
		}
	}
	return nil
}

func (m *Machine) readTSS(c *CPU, tr SystemSeg) (x86.TSS32, *Trap) {
	var b [x86.TSSSize]byte
	for off := 0; off < len(b); off += 4 {
		v, t := m.Load(c, tr.Base+uint64(off), 4, false)
		if t != nil {
			return x86.TSS32{}, t
		}
		binary.LittleEndian.PutUint32(b[off:], uint32(v))
	}
	return x86.DecodeTSS32(b), nil
}

// enterTask loads the registers from the new task's TSS. Its segments are
// checked in its own context: a bad one is #TS.
func (m *Machine) enterTask(c *CPU, tss *x86.TSS32) *Trap {
	for i, v := range tss.GPR {
		c.GPR[i] = uint64(v)
	}
	c.RIP = uint64(tss.EIP)
	c.RFLAGS = uint64(tss.EFLAGS)&popable | x86.FlagsFixed | x86.NT
	c.Sys.CR0 |= CR0TS
	c.Sys.CR3 = uint64(tss.CR3)
	c.Sys.DR[7] &^= dr7Local
	c.Shadow = 0
	invalid := func(t *Trap) *Trap {
		if t != nil && t.Vector == x86.VecGP {
			t.Vector = x86.VecTS
		}
		return t
	}
	if t := m.loadSystemSeg(c, tss.LDT, &c.Sys.LDTR, x86.SystemLDT); t != nil {
		return invalid(t)
	}
	cs := tss.Seg[x86.CS]
	if t := m.LoadCode(c, cs, uint32(cs&3)); t != nil {
		return invalid(t)
	}
	if t := m.LoadStack(c, tss.Seg[x86.SS], c.CPL, x86.VecTS); t != nil {
		return t
	}
	for _, i := range [...]int{x86.ES, x86.DS, x86.FS, x86.GS} {
		if t := m.LoadData(c, i, tss.Seg[i]); t != nil {
			return invalid(t)
		}
	}
	if tss.Trap {
		c.Raise(Trap{Vector: x86.VecDB, Kind: Exception, DR6: DR6BT})
	}
	return nil
}

// popable are the flags that a TSS's image sets.
const popable = x86.FlagsStatus | x86.TF | x86.IF | x86.DF | x86.IOPL | x86.NT | x86.RF | x86.VM | x86.AC | x86.VIF | x86.VIP | x86.ID
