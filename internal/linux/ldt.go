package linux

import (
	"trapline/internal/linux/abi"
	"trapline/internal/x86"
)

// Local descriptor tables (modify_ldt(2), arch/x86/kernel/ldt.c of 6.1). A table
// belongs to an address space, lies in memory of ring 0 of it, and is what the
// processor reads when a selector with TI is loaded.

// Numbers of the func argument.
const (
	ldtRead        = 0
	ldtWriteOld    = 1
	ldtReadDefault = 2
	ldtWrite       = 0x11
)

// defaultLDT is how many zeroes the read of a default table gives (read_default_ldt()).
var defaultLDT = map[x86.Arch]uint64{x86.I386: 5 * abi.LDT_ENTRY_SIZE, x86.AMD64: 128}

// sysModifyLDT is modify_ldt(func, ptr, bytes). Its result is an int, also where
// the caller reads a long: 64-bit programs see an error as a positive number.
func sysModifyLDT(k *Kernel, t *Thread, c *call) int64 {
	r := -ENOSYS
	size := c.arg[2]
	if c.compat {
		size &= 0xffffffff
	}
	switch c.int(0) {
	case ldtRead:
		size = min(size, abi.LDT_ENTRIES*abi.LDT_ENTRY_SIZE)
		r = t.giveLDT(c.arg[1], size, t.proc.mm.ReadLDT())
	case ldtReadDefault:
		r = t.giveLDT(c.arg[1], min(size, defaultLDT[k.m.Arch]), make([]byte, min(size, defaultLDT[k.m.Arch])))
	case ldtWriteOld, ldtWrite:
		r = k.writeLDT(t, c.arg[1], size, c.int(0) == ldtWriteOld)
	}
	return int64(uint32(r))
}

// giveLDT writes size bytes of a table, zeroes behind its end; none of a table that is empty.
func (t *Thread) giveLDT(va, size uint64, table []byte) int64 {
	if len(table) == 0 {
		return 0
	}
	b := make([]byte, size)
	copy(b, table)
	if !t.proc.mm.Write(va, b) {
		return -EFAULT
	}
	return int64(size)
}

// writeLDT sets one descriptor (write_ldt()).
func (k *Kernel) writeLDT(t *Thread, va, size uint64, old bool) int64 {
	var u userDesc
	switch {
	case size != uint64(abi.Sizeof(4, u)):
		return -EINVAL
	case !copyFromUser(t.proc.mm, va, 4, &u):
		return -EFAULT
	}
	const conforming = 3
	if u.EntryNumber >= abi.LDT_ENTRIES || u.contents() == conforming && (old || u.Flags&abi.UserDescSegNotPresent == 0) {
		return -EINVAL
	}
	d := uint64(0)
	wide := k.m.Arch == x86.AMD64 && u.Flags&abi.UserDescLm != 0
	if !(old && u.BaseAddr == 0 && u.Limit == 0) && (!u.empty() || wide) {
		if d = u.descriptor(); old {
			d &^= x86.Descriptor{Flags: x86.FlagAvailable}.Encode()
		}
	}
	mm := t.proc.mm
	if !mm.SetLDT(int(u.EntryNumber), d) {
		return -ENOMEM
	}
	for _, o := range k.current {
		if o != nil && o.proc.mm == mm {
			k.reloadLDT(o, false)
		}
	}
	return 0
}

// ofLDT reports whether a selector is of the local table.
func ofLDT(sel uint32) bool { return sel&4 != 0 }

// reloadLDT makes a thread's vCPU take the table as it is now: when the table has
// changed, where the vCPU is interrupted for that (flush_ldt()), or when the
// thread gets the vCPU (switched), which reloads every selector. The return to
// ring 3 loads CS and SS.
func (k *Kernel) reloadLDT(t *Thread, switched bool) {
	c := t.cpu
	c.Sys.LDTR = t.proc.mm.LdtRegister()
	own := k.m.Arch == x86.I386 // all but GS are loaded on the way back to ring 3
	for _, s := range []int{x86.DS, x86.ES, x86.FS, x86.GS} {
		if !ofLDT(c.Seg[s].Sel) || !switched && (s == x86.GS || s == x86.FS && !own) {
			continue
		}
		base := c.Seg[s].Base
		if k.m.LoadData(c, s, uint16(c.Seg[s].Sel)) != nil {
			_ = k.m.LoadData(c, s, 0) // a null selector always loads
		}
		if switched && !own && (s == x86.FS || s == x86.GS) {
			c.Seg[s].Base = base // x86_fsgsbase_load()
		}
	}
	if ofLDT(c.Seg[x86.CS].Sel) || ofLDT(c.Seg[x86.SS].Sel) {
		k.returnTo(t, uint16(c.Seg[x86.CS].Sel), uint16(c.Seg[x86.SS].Sel))
	}
}

// returnTo goes back to ring 3 by IRET with these selectors. One that cannot be
// loaded is an exception of the program, at the instruction it would go on with,
// with the registers that it would have had (fixup_bad_iret()).
func (k *Kernel) returnTo(t *Thread, cs, ss uint16) {
	c := t.cpu
	trap := k.m.LoadCode(c, cs, 3)
	if trap == nil {
		trap = k.m.LoadStack(c, ss, 3, x86.VecGP)
	}
	if trap == nil {
		if c.Code64 == 0 {
			c.GPR[x86.RSP] &= 0xffffffff
		}
		return
	}
	c.Seg[x86.CS].Sel, c.Seg[x86.SS].Sel = uint32(cs), uint32(ss)
	flags := c.RFLAGS
	if k.m.Arch == x86.I386 { // iret_error: a number behind the processor's
		const trapIRET = 32
		t.trapNo, t.errCode = trapIRET, 0
		t.force(sigInfo{signo: abi.SIGILL, code: abi.ILL_BADSTK})
	} else {
		k.exception(t, *trap)
	}
	c.RFLAGS = flags
}

// setReturn is what an entry of the kernel that saves no selectors returns to: the flat
// ones, whatever the program had.
func (k *Kernel) setReturn(t *Thread, program x86.Arch) {
	if l := k.layoutOf(program); t.cpu.Seg[x86.CS].Sel != uint32(l.CS) || t.cpu.Seg[x86.SS].Sel != uint32(l.SS) {
		k.setFlat(t.cpu, l.CS, l.SS)
	}
}
