package linux

import (
	"slices"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/x86"
)

const regSP = x86.RSP

// userReg is one word of user_regs_struct: a general register, or one of the below.
type userReg int

const (
	userOrig userReg = 100 + iota // the number of the system call, or -1
	userIP
	userFlags
	userFSBase
	userGSBase
	userSegment // and the segment register's number
)

func general(r x86.Reg) userReg   { return userReg(r) }
func segmentReg(s int) userReg    { return userSegment + userReg(s) }
func (r userReg) isGeneral() bool { return r < userOrig }

// userRegs64 and userRegs32 are user_regs_struct of both architectures.
var (
	userRegs64 = []userReg{
		general(x86.R15), general(x86.R14), general(x86.R13), general(x86.R12), general(x86.RBP), general(x86.RBX), general(x86.R11),
		general(x86.R10), general(x86.R9), general(x86.R8), general(x86.RAX), general(x86.RCX), general(x86.RDX), general(x86.RSI),
		general(x86.RDI), userOrig, userIP, segmentReg(x86.CS), userFlags, general(x86.RSP), segmentReg(x86.SS), userFSBase, userGSBase,
		segmentReg(x86.DS), segmentReg(x86.ES), segmentReg(x86.FS), segmentReg(x86.GS),
	}
	userRegs32 = []userReg{
		general(x86.RBX), general(x86.RCX), general(x86.RDX), general(x86.RSI), general(x86.RDI), general(x86.RBP), general(x86.RAX),
		segmentReg(x86.DS), segmentReg(x86.ES), segmentReg(x86.FS), segmentReg(x86.GS), userOrig, userIP, segmentReg(x86.CS), userFlags,
		general(x86.RSP), segmentReg(x86.SS),
	}
)

// Offsets in struct user.
const (
	debugRegs64, userSize64 = 848, 928
	debugRegs32, userSize32 = 252, 284
)

// userRegs is user_regs_struct; small is that of 32 bits.
func userRegs(small bool) []userReg {
	if small {
		return userRegs32
	}
	return userRegs64
}

// getReg is the value of a word of user_regs_struct.
func (t *Thread) getReg(r userReg) uint64 {
	core := t.Core()
	switch {
	case r.isGeneral():
		return core.GPR[r]
	case r == userOrig:
		const poked = 0xffffffff // -1 that a tracer of 32 bits wrote
		if !t.inCall && t.orig != poked {
			return ^uint64(0)
		}
		return t.orig
	case r == userIP:
		return core.RIP
	case r == userFlags:
		if t.trace.forced {
			return core.RFLAGS &^ x86.TF
		}
		return core.RFLAGS
	case r == userFSBase:
		return core.Seg[x86.FS].Base
	case r == userGSBase:
		return core.Seg[x86.GS].Base
	}
	return uint64(core.Seg[r-userSegment].Sel)
}

// setReg changes a word of user_regs_struct (putreg()).
func (k *Kernel) setReg(t *Thread, r userReg, v uint64) int64 {
	core := t.Core()
	v = k.m.Arch.Mask(v)
	switch {
	case r.isGeneral():
		core.GPR[r] = v
	case r == userOrig:
		t.orig, t.call.nr = v, int(int32(v))
		t.inCall = t.call.nr != -1
	case r == userIP:
		core.RIP = v
	case r == userFlags:
		t.setFlags(v)
	case r == userFSBase, r == userGSBase:
		if v >= k.userEnd() {
			return -EIO
		}
		core.Seg[map[userReg]int{userFSBase: x86.FS, userGSBase: x86.GS}[r]].Base = v
	default:
		return k.setSegment(t, int(r-userSegment), uint16(v))
	}
	return 0
}

// userEnd is the first address that no program of the kernel's own width has (TASK_SIZE_MAX).
func (k *Kernel) userEnd() uint64 { return k.TaskSize(k.m.Arch) }

// setFlags changes the flags that user code can; TF is the program's own then.
func (t *Thread) setFlags(v uint64) {
	mask := uint64(fixedFlags)
	if t.k.m.Arch == x86.AMD64 {
		mask |= x86.NT
	}
	if v&x86.TF != 0 {
		t.trace.forced = false
	} else if t.trace.forced {
		v |= x86.TF
	}
	core := t.Core()
	core.RFLAGS = core.RFLAGS&^mask | v&mask
}

// setSegment gives t a selector (set_segment_reg()). Those of data are loaded when t goes on: until
// then they are read back as they were written.
func (k *Kernel) setSegment(t *Thread, s int, sel uint16) int64 {
	if sel != 0 && sel&3 != 3 || sel == 0 && (s == x86.CS || s == x86.SS) {
		return -EIO
	}
	seg := &t.Core().Seg[s]
	switch {
	case uint16(seg.Sel) == sel:
	case s == x86.CS:
		k.onCPU(t, func(c *emu.CPU) { _ = k.m.LoadCode(c, sel, 3) })
	case s == x86.SS:
		k.onCPU(t, func(c *emu.CPU) { _ = k.m.LoadStack(c, sel, 3, x86.VecGP) })
	default:
		*seg = emu.Seg{Sel: uint32(sel), Base: seg.Base}
	}
	return 0
}

// loadSegments loads the selectors that a tracer wrote; one that cannot be loaded is null. Under a 64-bit kernel FS
// and GS keep their bases (x86_fsgsbase_load()).
func (k *Kernel) loadSegments(t *Thread) {
	for _, s := range []int{x86.DS, x86.ES, x86.FS, x86.GS} {
		seg := &t.Core().Seg[s]
		if seg.Sel == 0 || seg.Flags != 0 {
			continue
		}
		base, sel := seg.Base, uint16(seg.Sel)
		k.onCPU(t, func(c *emu.CPU) {
			if k.m.LoadData(c, s, sel) != nil {
				_ = k.m.LoadData(c, s, 0) // a null selector always loads
			}
		})
		if k.m.Arch == x86.AMD64 && (s == x86.FS || s == x86.GS) {
			t.Core().Seg[s].Base = base
		}
	}
}

// baseOf is the base of the segment that a selector of t's stands for (x86_fsgsbase_read_task()).
func (k *Kernel) baseOf(t *Thread, sel uint16) (base uint64) {
	own := t.Core().Seg[x86.GS]
	k.onCPU(t, func(c *emu.CPU) {
		if k.m.LoadData(c, x86.GS, sel) == nil && sel&^3 != 0 {
			base = c.Seg[x86.GS].Base
		}
		c.Seg[x86.GS] = own
	})
	return base
}

// onCPU has a vCPU hold t's registers for a while.
func (k *Kernel) onCPU(t *Thread, do func(c *emu.CPU)) {
	if t.cpu != nil {
		do(t.cpu)
		return
	}
	c := k.m.CPUs[max(k.lastCPU(), 0)]
	own, space := emu.NewContext(emu.Core{}), c.Space
	c.SaveContext(own)
	tls := k.tlsOn(c)
	c.LoadContext(t.ctx)
	c.Space = t.proc.mm.Space()
	for i, d := range t.tls {
		k.setDescriptor(c, k.tables.TlsEntry+i, d)
	}
	do(c)
	c.SaveContext(t.ctx)
	for i, d := range tls {
		k.setDescriptor(c, k.tables.TlsEntry+i, d)
	}
	c.LoadContext(own)
	c.Space = space
}

// lastCPU is the vCPU whose thread runs the call under way.
func (k *Kernel) lastCPU() int {
	return slices.IndexFunc(k.current, func(t *Thread) bool { return t != nil && t.inCall })
}

// tlsOn is the TLS descriptors of a vCPU's table.
func (k *Kernel) tlsOn(c *emu.CPU) (l [3]uint64) {
	b := k.m.Mem.Bytes(k.gdt + emu.Frame(c.ID))
	for i := range l {
		l[i] = le.Uint64(b[8*(k.tables.TlsEntry+i):])
	}
	return l
}

// readArgs takes the call's arguments from the registers.
func (t *Thread) readArgs() {
	order := argRegs64
	if t.call.compat {
		order = argRegs32
	}
	for i, r := range order {
		t.call.arg[i] = t.Core().GPR[r]
		if t.call.compat {
			t.call.arg[i] &= 0xffffffff
		}
	}
}

// peekUser reads a word of struct user, of 32 bits if small; false: there is none.
func (k *Kernel) peekUser(o *Thread, addr uint64, small bool) (uint64, bool) {
	word, debug, size := uint64(8), uint64(debugRegs64), uint64(userSize64)
	if small {
		word, debug, size = 4, debugRegs32, userSize32
	}
	if k.compat(small) {
		size++ // getreg32() takes the end for a word of it
	}
	list := userRegs(small)
	switch i := addr / word; {
	case addr%word != 0 || addr >= size:
		return 0, false
	case i < uint64(len(list)):
		return o.getReg(list[i]), true
	case addr >= debug && addr < debug+8*word:
		return o.debugReg(int((addr - debug) / word)), true
	}
	return 0, true
}

func (k *Kernel) pokeUser(o *Thread, addr, v uint64, small bool) int64 {
	word, debug := uint64(8), uint64(debugRegs64)
	if small {
		word, debug = 4, debugRegs32
	}
	list := userRegs(small)
	switch i := addr / word; {
	case addr%word != 0:
		return -EIO
	case i < uint64(len(list)):
		return k.setWord(o, list[i], v, small)
	case addr >= debug && addr < debug+8*word:
		return k.setDebugReg(o, int((addr-debug)/word), k.m.Arch.Mask(v))
	case k.compat(small) && addr <= userSize32: // the other words are ignored (putreg32())
		return 0
	}
	return -EIO
}

// compat reports whether a request with words of 32 bits is one of a 64-bit kernel, which has functions
// of its own for them.
func (k *Kernel) compat(small bool) bool { return small && k.m.Arch == x86.AMD64 }

// setWord is setReg, for a tracer of 32 bits under a 64-bit kernel too: it expects a selector in FS or GS to
// change the base (putreg32()).
func (k *Kernel) setWord(o *Thread, r userReg, v uint64, small bool) int64 {
	e := k.setReg(o, r, v)
	if s := int(r - userSegment); e == 0 && k.compat(small) && (s == x86.FS || s == x86.GS) {
		o.Core().Seg[s].Base = k.baseOf(o, uint16(v))
	}
	return e
}

// dr6Reserved are the bits of DR6 that are set when nothing has happened.
const dr6Reserved = 0xffff0ff0

func (t *Thread) debugReg(n int) uint64 {
	switch n {
	case 4, 5:
		return 0
	case 6:
		return t.dr[6] ^ dr6Reserved
	}
	return t.dr[n]
}

// setDebugReg changes a debug register of t (ptrace_set_debugreg()).
func (k *Kernel) setDebugReg(t *Thread, n int, v uint64) int64 {
	switch {
	case n == 4 || n == 5:
		return -EIO
	case n < 4 && v >= k.userEnd():
		return -EINVAL
	case n == 6:
		v ^= dr6Reserved
	case n == 7:
		if !t.validControl(v) {
			return -EINVAL
		}
	}
	t.dr[n] = v
	return 0
}

// validControl checks the breakpoints that a value of DR7 switches on.
func (t *Thread) validControl(v uint64) bool {
	for i := range 4 {
		if v>>(2*i)&3 == 0 {
			continue
		}
		kind, size := v>>(16+4*i)&3, [...]uint64{1, 2, 8, 4}[v>>(18+4*i)&3]
		switch {
		case kind == 2, kind == 0 && size != 1, size == 8 && t.k.m.Arch == x86.I386, t.dr[i]&(size-1) != 0:
			return false
		}
	}
	return true
}

// loadDebugRegs puts a thread's breakpoints onto its vCPU. The others there are the
// kernel's own.
func (t *Thread) loadDebugRegs(c *emu.CPU) {
	for i := range 4 {
		if mine := breakpointBits(i); t.dr[7]&mine&dr7Enables != 0 {
			c.Sys.DR[i] = t.dr[i]
			c.Sys.DR[7] = c.Sys.DR[7]&^mine | t.dr[7]&mine
		}
	}
}

// dropDebugRegs takes them off again.
func (t *Thread) dropDebugRegs() {
	for i := range 4 {
		if mine := breakpointBits(i); t.cpu != nil && t.dr[7]&mine&dr7Enables != 0 {
			t.cpu.Sys.DR[i] = 0
			t.cpu.Sys.DR[7] &^= mine
		}
	}
}

// clearDebugRegs takes a thread's breakpoints away.
func (t *Thread) clearDebugRegs() {
	t.dropDebugRegs()
	t.dr = [8]uint64{}
}

// dr7Enables are DR7's L and G bits (SDM vol. 3, 17.2.4).
const dr7Enables = 0xff

// breakpointBits are the bits of DR7 that are breakpoint i's.
func breakpointBits(i int) uint64 { return 3<<(2*i) | 0xf<<(16+4*i) }

// debugTrap notes in DR6 as its tracer sees it what a #DB was for, and skips an
// instruction's breakpoint once.
func (t *Thread) debugTrap(trap emu.Trap) {
	t.dr[6] = trap.DR6 & (emu.DR6BS | 0xf)
	for i := range 4 {
		if trap.DR6>>i&1 != 0 && t.dr[7]>>(16+4*i)&3 == 0 {
			t.cpu.RFLAGS |= x86.RF
		}
	}
}

// ptraceRegisters are the requests about sets of registers. Those of before
// GETREGSET have them as the tracer's own width has (arch_ptrace()).
func (k *Kernel) ptraceRegisters(t, o *Thread, c *call, request int) int64 {
	data := c.arg[3]
	switch request {
	case abi.PTRACE_GETREGS:
		return t.give(data, k.regset(o, abi.NT_PRSTATUS, c.compat))
	case abi.PTRACE_SETREGS:
		return k.takeRegset(t, o, abi.NT_PRSTATUS, data, len(k.regset(o, abi.NT_PRSTATUS, c.compat)), c.compat)
	case abi.PTRACE_GETFPREGS:
		return t.give(data, k.regset(o, abi.NT_PRFPREG, c.compat))
	case abi.PTRACE_SETFPREGS:
		return k.takeRegset(t, o, abi.NT_PRFPREG, data, len(k.regset(o, abi.NT_PRFPREG, c.compat)), c.compat)
	case abi.PTRACE_GETFPXREGS, abi.PTRACE_SETFPXREGS:
		if !c.compat {
			return -EIO
		}
		if request == abi.PTRACE_GETFPXREGS {
			return t.give(data, k.regset(o, abi.NT_PRXFPREG, c.compat))
		}
		return k.takeRegset(t, o, abi.NT_PRXFPREG, data, emu.FXSize, c.compat)
	case abi.PTRACE_GETREGSET, abi.PTRACE_SETREGSET:
		return k.ptraceRegset(t, o, c, request == abi.PTRACE_SETREGSET)
	case abi.PTRACE_GET_THREAD_AREA, abi.PTRACE_SET_THREAD_AREA:
		return k.tracedArea(t, o, c.arg[2], data, request == abi.PTRACE_SET_THREAD_AREA)
	case abi.PTRACE_ARCH_PRCTL:
		if c.compat || k.m.Arch == x86.I386 {
			return -EIO
		}
		return k.tracedBase(t, o, c, data)
	}
	return -EIO
}

// regset is a set of registers as ptrace has it for a width, or nil.
func (k *Kernel) regset(o *Thread, kind uint64, small bool) []byte {
	switch kind {
	case abi.NT_PRSTATUS:
		var b []byte
		for _, r := range userRegs(small) {
			b = le.AppendUint64(b, o.getReg(r))
			if small {
				b = b[:len(b)-4]
			}
		}
		return b
	case abi.NT_PRFPREG, abi.NT_PRXFPREG:
		var fx [emu.FXSize]byte
		k.onCPU(o, func(c *emu.CPU) { k.m.FXSave(c, &fx) })
		switch {
		case small && kind == abi.NT_PRFPREG:
			return k.fsave(o, fx[:])[:108]
		case !small && kind == abi.NT_PRXFPREG:
			return nil
		}
		return fx[:]
	case abi.NT_386_TLS:
		if !small {
			return nil
		}
		var b []byte
		for i, d := range o.tls {
			b = append(b, describe(uint32(k.tables.TlsEntry+i), d)...)
		}
		return b
	case abi.NT_X86_XSTATE:
		if k.m.HasXSave() {
			var b [emu.XSaveSize]byte
			k.onCPU(o, func(c *emu.CPU) { k.m.XSave(c, &b) })
			le.PutUint64(b[abi.FXSoftware:], emu.XSaveAll)
			return b[:]
		}
	}
	return nil
}

// takeRegset changes registers from the first n bytes of a set at va.
func (k *Kernel) takeRegset(t, o *Thread, kind, va uint64, n int, small bool) int64 {
	b := k.regset(o, kind, small)
	if b == nil || n > len(b) {
		return -EINVAL
	}
	if !t.proc.mm.Read(va, b[:n]) {
		return -EFAULT
	}
	switch kind {
	case abi.NT_PRSTATUS:
		word := regsetWord(small)
		for i, r := range userRegs(small)[:n/word] {
			if e := k.setWord(o, r, wordAt(b, i, word), small); e != 0 {
				return e
			}
		}
	case abi.NT_386_TLS:
		for i := range n / sizeofUserDesc {
			if e := k.setTLS(o, i, readUserDesc(b[i*sizeofUserDesc:])); e != 0 {
				return e
			}
		}
	case abi.NT_X86_XSTATE:
		var x [emu.XSaveSize]byte
		copy(x[:], b)
		clear(x[abi.FXSoftware:emu.FXSize])
		ok := false
		k.onCPU(o, func(c *emu.CPU) { ok = k.m.XRestore(c, &x, emu.XSaveAll) })
		if !ok {
			return -EINVAL
		}
	case abi.NT_PRFPREG:
		if small {
			var fx [emu.FXSize]byte
			k.onCPU(o, func(c *emu.CPU) { k.m.FXSave(c, &fx) })
			frame := append(append(slices.Clone(b), make([]byte, 4)...), fx[:]...)
			mergeFSave(frame)
			b = frame[abi.FP32Legacy:]
		}
		k.onCPU(o, func(c *emu.CPU) { k.loadFX(c, b) })
	default:
		k.onCPU(o, func(c *emu.CPU) { k.loadFX(c, b) })
	}
	return 0
}

func regsetWord(small bool) int {
	if small {
		return 4
	}
	return 8
}

// ptraceRegset is GETREGSET and SETREGSET: a set of a kind at an iovec, as the
// code that the tracee runs has it (task_user_regset_view()).
func (k *Kernel) ptraceRegset(t, o *Thread, c *call, set bool) int64 {
	word := c.word()
	iov := make([]byte, 2*word)
	if !t.proc.mm.Read(c.arg[3], iov) {
		return -EFAULT
	}
	base, size := wordAt(iov, 0, word), wordAt(iov, 1, word)
	small := o.Core().Code64 == 0
	b, unit := k.regset(o, c.arg[2], small), uint64(regsetWord(small))
	switch c.arg[2] {
	case abi.NT_X86_XSTATE:
		unit = 8
	case abi.NT_386_TLS:
		unit = sizeofUserDesc
	}
	switch none := b == nil; {
	case size%unit != 0:
		return -EINVAL
	case none && c.arg[2] == abi.NT_X86_XSTATE:
		return -ENODEV
	case none && c.arg[2] == abi.NT_386_IOPERM: // no thread has a port
		return -ENXIO
	case none:
		return -EINVAL
	}
	n := min(uint64(len(b)), size)
	if set {
		if r := k.takeRegset(t, o, c.arg[2], base, int(n), small); r != 0 {
			return r
		}
	} else if r := t.give(base, b[:n]); r != 0 {
		return r
	}
	if !putWord(t.proc.mm, c.arg[3]+uint64(word), word, n) {
		return -EFAULT
	}
	return 0
}

// tracedArea is PTRACE_GET_THREAD_AREA and PTRACE_SET_THREAD_AREA: the TLS descriptor of an entry.
func (k *Kernel) tracedArea(t, o *Thread, entry, va uint64, set bool) int64 {
	n := entry - uint64(k.tables.TlsEntry)
	switch known := n < uint64(len(o.tls)); {
	case int32(entry) < 0:
		return -EIO
	case !set && !known:
		return -EINVAL
	case !set:
		return t.give(va, describe(uint32(entry), o.tls[n]))
	}
	b := make([]byte, sizeofUserDesc)
	if !t.proc.mm.Read(va, b) {
		return -EFAULT
	}
	return k.setTLS(o, int(n), readUserDesc(b))
}

// setTLS changes a TLS descriptor of a thread that stands still, by its number.
func (k *Kernel) setTLS(o *Thread, n int, u userDesc) int64 {
	d, ok := u.ofTLS()
	if !ok || n < 0 || n >= len(o.tls) {
		return -EINVAL
	}
	o.tls[n] = d
	if o.cpu != nil {
		k.setDescriptor(o.cpu, k.tables.TlsEntry+n, d)
	}
	for _, s := range []int{x86.FS, x86.GS} {
		if seg := &o.Core().Seg[s]; int(seg.Sel>>3) == k.tables.TlsEntry+n {
			seg.Base = uint64(u.base)
		}
	}
	return 0
}

// tracedBase is PTRACE_ARCH_PRCTL of a tracee's FS and GS bases, of a 64-bit tracer's only
// (do_arch_prctl_64()). A base that is set has no selector.
func (k *Kernel) tracedBase(t, o *Thread, c *call, what uint64) int64 {
	va := c.arg[2]
	s := x86.FS
	if what == abi.ARCH_GET_GS || what == abi.ARCH_SET_GS {
		s = x86.GS
	}
	seg := &o.Core().Seg[s]
	switch what {
	case abi.ARCH_SET_FS, abi.ARCH_SET_GS:
		if va >= k.userEnd() {
			return -EPERM
		}
		*seg = emu.Seg{Base: va}
		return 0
	case abi.ARCH_GET_FS, abi.ARCH_GET_GS:
		return t.give(va, le.AppendUint64(nil, seg.Base))
	}
	return -EINVAL
}
