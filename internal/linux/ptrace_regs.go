package linux

import (
	"slices"

	"trapline/internal/emu"
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
